package import CacheBase
internal import CacheFormat

extension Engine {
    /// Carries out a batch as one step: its writes are one record of the log, whole or absent after
    /// any crash.
    ///
    /// - Returns: an outcome for each operation in order, and the version of the writes; for a
    ///   batch of reads, the newest version that they may have seen. With `SyncMode.always` the
    ///   caller answers only when `durableLSN` covers it.
    /// - Throws: as `put`; nothing was written.
    /// - Complexity: O(operations + bytes), under the locks of the shards touched.
    package func apply(
        _ batch: WriteBatch
    ) throws(StorageError) -> (outcomes: [BatchOutcome], lsn: LSN) {
        let parts = parts
        let checksum = batch.payload.withUnsafeBytes { CRC32C.of($0) }
        return try parts.index.withShards(batch.shards) { () throws(StorageError) in
            guard batch.writes > 0 else {
                return (parts.carryOut(batch, nil), parts.log.lastLSN)
            }
            let appended = try parts.log.append(
                payloadBytes: batch.payload.count, payloadChecksum: checksum,
                entries: batch.writes, place: batch.place
            ) { target in
                batch.payload.withUnsafeBytes { target.put($0, at: 0) }
            }
            return (parts.carryOut(batch, appended), appended.lsn)
        }
    }
}

extension EngineParts {
    /// Points the index at the batch's writes and answers its reads, in order. Under the locks of
    /// all its shards.
    fileprivate func carryOut(
        _ batch: WriteBatch, _ appended: WriteAheadLog.Appended?
    ) -> [BatchOutcome] {
        var room = Limits.batchReadBytesMax
        return batch.operations.map { operation in
            index.withHeldShard(of: operation.hash) { shard in
                let id = shard.find(operation.hash)
                guard operation.kind != .read, let appended else {
                    return look(up: operation, batch, id, &shard, &room)
                }
                let exists = id != 0 && !hasExpired(shard.slot(id).pointee)
                let location = Location.log(
                    fileSlot: appended.fileSlot, offset: appended.offset + operation.offset)
                let isDelete = operation.kind == .delete
                point(
                    isDelete ? .delete : .put, operation.hash, at: location,
                    expiry: operation.expiry, lsn: appended.lsn, id, &shard)
                if isDelete { return .written(exists ? .deleted : .absent) }
                return .written(exists ? .replaced : .created)
            }
        }
    }

    private func look(
        up operation: WriteBatch.Operation, _ batch: WriteBatch, _ id: UInt32,
        _ shard: inout IndexShard, _ room: inout Int
    ) -> BatchOutcome {
        guard id != 0 else {
            shard.misses &+= 1
            return .miss
        }
        let location = shard.slot(id).pointee.location
        let content: EntryContent
        switch location.kind {
        case .log: content = log.table.entry(at: location).content
        case .hot: content = hot.entry(at: location).content
        case .segment:
            shard.touch(id)
            return .cold(ColdRead(segment: segments.segment(location), location: location))
        case .none: preconditionFailure("an occupied slot has a location")
        }
        let isWanted = batch.readKeys.withUnsafeBytes { keys in
            equalBytes(
                content.key,
                UnsafeRawBufferPointer(
                    rebasing: keys[operation.offset..<operation.offset + operation.keyBytes]))
        }
        guard isWanted, !content.hasExpired(clock) else {
            shard.misses &+= 1
            return .miss
        }
        shard.markRead(id)
        shard.touch(id)
        shard.hits &+= 1
        guard content.value.count <= room else { return .overLimit }
        room -= content.value.count
        return .entry(OwnedEntry(content))
    }

    /// As far as the slot tells: to the second.
    func hasExpired(_ slot: Slot) -> Bool {
        slot.expirySeconds != 0 && slot.expirySeconds <= Slot.wholeSeconds(clock.now())
    }
}
