internal import CShims
package import CacheBase
internal import CacheFormat

extension Engine {
    /// Writes an entry.
    ///
    /// The bytes are copied. With `SyncMode.always` the caller answers only when `durableLSN`
    /// covers the receipt's LSN. A condition on the version of a cold entry reads the disk.
    /// - Throws: `tooLarge`, `invalid` (empty key), `noSpace`, `overloaded`, `poisoned`, `closed`:
    ///   nothing was written.
    /// - Complexity: O(length); no system call but where the log goes on to another file.
    package func put(
        _ key: KeyView, value: UnsafeRawBufferPointer, contentType: UnsafeRawBufferPointer,
        expiry: Expiry, condition: WriteCondition = .none
    ) throws(StorageError) -> WriteReceipt {
        try parts.check(key, value: value, contentType: contentType)
        let record = EncodedWrite(
            kind: .put, key: key, contentType: contentType, value: value, expiry: expiry)
        return try apply(record, condition)
    }

    /// Deletes an entry. Errors as `put`.
    package func remove(
        _ key: KeyView, condition: WriteCondition = .none
    ) throws(StorageError) -> WriteReceipt {
        let empty = UnsafeRawBufferPointer(start: nil, count: 0)
        try parts.check(key, value: empty, contentType: empty)
        let record = EncodedWrite(
            kind: .delete, key: key, contentType: empty, value: empty, expiry: .never)
        return try apply(record, condition)
    }

    /// Applies a write; where its condition needs the version of a cold entry, reads that first
    /// and begins again.
    private func apply(
        _ record: EncodedWrite, _ condition: WriteCondition
    ) throws(StorageError) -> WriteReceipt {
        var known: KnownVersion?
        while true {
            let result = try parts.index.withShard(of: record.key.hash) {
                shard throws(StorageError) in
                try parts.attempt(record, condition, known, &shard)
            }
            switch result {
            case .done(let receipt): return receipt
            case .needsVersion(let read):
                known = try KnownVersion(read, scratch: ReadScratch(), mayBlock: true)
            }
        }
    }
}

/// What a cold entry's block said, good as long as its slot points there.
struct KnownVersion {
    let location: Location
    let lsn: LSN
    let expiry: Expiry

    /// Reads the entry.
    /// - Returns: nil where the disk would have to be waited for and may not.
    init?(_ read: ColdRead, scratch: ReadScratch, mayBlock: Bool) throws(StorageError) {
        guard
            let block = try LoadedBlock(
                read.segment, block: read.location.block, scratch: scratch, mayBlock: mayBlock)
        else { return nil }
        let content = try block.entry(read.location.entry)
        location = read.location
        lsn = content.lsn
        expiry = content.expiry
    }
}

/// What a key has now, as far as a write's condition and answer need it.
private struct CurrentEntry {
    let lsn: LSN
    let exists: Bool
}

private enum Attempt {
    case done(WriteReceipt)
    /// Nothing was written; the version of this cold entry decides.
    case needsVersion(ColdRead)
}

extension EngineParts {
    /// - Throws: `invalid`, `tooLarge`, where an entry exceeds a limit.
    func check(
        _ key: KeyView, value: UnsafeRawBufferPointer, contentType: UnsafeRawBufferPointer
    ) throws(StorageError) {
        if key.bytes.isEmpty { throw StorageError(.invalid, "the key is empty") }
        if key.bytes.count > options.keyBytesMax {
            throw StorageError(.tooLarge, "the key is longer than \(options.keyBytesMax) bytes")
        }
        if value.count > options.valueBytesMax {
            throw StorageError(.tooLarge, "the value is longer than \(options.valueBytesMax) bytes")
        }
        if contentType.count > Limits.contentTypeBytesMax {
            throw StorageError(
                .tooLarge, "the content type is longer than \(Limits.contentTypeBytesMax) bytes")
        }
    }

    fileprivate func attempt(
        _ record: EncodedWrite, _ condition: WriteCondition, _ known: KnownVersion?,
        _ shard: inout IndexShard
    ) throws(StorageError) -> Attempt {
        let id = shard.find(record.key.hash)
        guard let current = current(id, condition, known, shard) else {
            let location = shard.slot(id).pointee.location
            return .needsVersion(
                ColdRead(segment: segments.segment(location), location: location))
        }
        guard condition.holds(exists: current.exists, version: current.lsn) else {
            let lsn = max(current.lsn, shard.lastRemoval)
            return .done(WriteReceipt(outcome: .conditionFailed, lsn: lsn))
        }
        if record.kind == .delete, !current.exists {
            if id != 0 { expire(id, &shard) }
            return .done(WriteReceipt(outcome: .absent, lsn: shard.lastRemoval))
        }
        let lsn = try store(record, id, &shard)
        let outcome: WriteReceipt.Outcome =
            record.kind == .delete ? .deleted : current.exists ? .replaced : .created
        return .done(WriteReceipt(outcome: outcome, lsn: lsn))
    }

    /// What the key has; nil where only the disk knows and the condition asks.
    @inline(__always)
    private func current(
        _ id: UInt32, _ condition: WriteCondition, _ known: KnownVersion?,
        _ shard: borrowing IndexShard
    ) -> CurrentEntry? {
        guard id != 0 else { return CurrentEntry(lsn: .zero, exists: false) }
        let slot = shard.slot(id).pointee
        let location = slot.location
        let second = slot.expirySeconds
        if second != 0, second <= Slot.wholeSeconds(clock.now()) {
            return CurrentEntry(lsn: .zero, exists: false)
        }
        if condition == .none && second == 0 { return CurrentEntry(lsn: .zero, exists: true) }
        switch location.kind {
        case .log: return current(log.table.entry(at: location).content)
        case .hot: return current(hot.entry(at: location).content)
        case .segment:
            if let known, known.location == location {
                return CurrentEntry(
                    lsn: known.lsn, exists: !known.expiry.hasPassed(at: clock.now()))
            }
            // Without a condition, an entry in the last second of its life counts as there.
            return condition == .none ? CurrentEntry(lsn: .zero, exists: true) : nil
        case .none: preconditionFailure("an occupied slot has a location")
        }
    }

    private func current(_ content: EntryContent) -> CurrentEntry {
        CurrentEntry(lsn: content.lsn, exists: !content.hasExpired(clock))
    }

    /// Appends the record and points the index at it.
    @inline(__always)
    private func store(
        _ record: EncodedWrite, _ id: UInt32, _ shard: inout IndexShard
    ) throws(StorageError) -> LSN {
        if id != 0 { prefetchOld(id, shard) }
        let appended = try log.append(
            payloadBytes: record.payloadBytes, payloadChecksum: record.checksum, entries: 1,
            place: RecordPlace(record.partition)
        ) { record.copy(to: $0) }
        let location = Location.log(fileSlot: appended.fileSlot, offset: appended.offset)
        point(
            record.kind, record.key.hash, at: location, expiry: record.expiry, lsn: appended.lsn,
            id, &shard)
        return appended.lsn
    }

    /// Starts loading what `point` will write to, to have it by when the record is appended.
    @inline(__always)
    private func prefetchOld(_ id: UInt32, _ shard: borrowing IndexShard) {
        shard.prefetchNeighbours(id)
        let location = shard.slot(id).pointee.location
        switch location.kind {
        case .hot: dcs_prefetch(hot.entry(at: location).head)
        case .segment: segments.segment(location).prefetch(location)
        case .log, .none: break
        }
    }

    /// Points the index at what an appended entry says; `id` is the key's slot, or 0.
    @inline(__always)
    func point(
        _ kind: EntryKind, _ hash: UInt64, at location: Location, expiry: Expiry, lsn: LSN,
        _ id: UInt32, _ shard: inout IndexShard
    ) {
        if kind == .delete {
            if id != 0 { drop(id, newest: lsn, &shard) }
            shard.lastRemoval = lsn
            return
        }
        let seconds = Slot.seconds(expiry.rawValue)
        if id != 0 {
            discard(shard.slot(id).pointee.location)
            shard.replace(id, location: location, expirySeconds: seconds)
            shard.touch(id)
        } else {
            if shard.isFull { evictOne(&shard) }
            _ = shard.insert(hash, location: location, expirySeconds: seconds)
            index.noteGrowth(of: hash)
        }
    }
}

extension WriteCondition {
    /// True where a write under this condition may be applied to such an entry.
    /// - Parameter version: nil for an entry that has none yet.
    func holds(exists: Bool, version: LSN?) -> Bool {
        switch self {
        case .none: true
        case .absent: !exists
        case .present: exists
        case .version(let wanted): exists && version == wanted
        case .notVersion(let unwanted): !exists || version != unwanted
        }
    }
}
