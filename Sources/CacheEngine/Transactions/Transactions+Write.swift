package import CacheBase
internal import CacheFormat

extension Transactions {
    /// Writes an entry inside a transaction; the last write of a key counts.
    ///
    /// The expiry is a point in time: a life counts from here and not from the commit. A condition
    /// is evaluated on what a read inside would show, and counts as one; without a condition the
    /// write never conflicts before the commit.
    /// - Throws: as `read`; `storage` also where `Engine.put` refuses such an entry.
    package func put(
        _ id: TransactionID, _ key: KeyView, value: UnsafeRawBufferPointer,
        contentType: UnsafeRawBufferPointer, expiry: Expiry, condition: WriteCondition = .none,
        scratch: ReadScratch, mayBlock: Bool
    ) throws(TransactionError) -> TransactionWrite {
        try check(key, value: value, contentType: contentType)
        parts.index.prefetchSlot(key.hash)
        let bytes = WriteSet.Write.entryBytes(
            key: key.bytes.count, type: contentType.count, value: value.count)
        return try write(id, key, bytes, condition, scratch, mayBlock) { content, exists in
            let write = WriteSet.Write(
                .put, key.bytes, type: contentType, value: value, expiry: expiry)
            content.work.writes.set(key.hash, write, key.bytes)
            return exists ? .replaced : .created
        }
    }

    /// Deletes an entry inside a transaction. As `put`.
    package func remove(
        _ id: TransactionID, _ key: KeyView, condition: WriteCondition = .none,
        scratch: ReadScratch, mayBlock: Bool
    ) throws(TransactionError) -> TransactionWrite {
        let empty = UnsafeRawBufferPointer(start: nil, count: 0)
        try check(key, value: empty, contentType: empty)
        let bytes = WriteSet.Write.entryBytes(key: key.bytes.count, type: 0, value: 0)
        return try write(id, key, bytes, condition, scratch, mayBlock) { content, exists in
            if !exists, content.work.notesNothing(of: key.hash) { return .absent }
            let write = WriteSet.Write(
                .delete, key.bytes, type: empty, value: empty, expiry: .never)
            content.work.writes.set(key.hash, write, key.bytes)
            return exists ? .deleted : .absent
        }
    }

    /// Calls `body` with an open transaction in which the condition holds and the write has room.
    /// - Parameter body: gets whether the key has an entry.
    private func write(
        _ id: TransactionID, _ key: KeyView, _ bytes: Int, _ condition: WriteCondition,
        _ scratch: ReadScratch, _ mayBlock: Bool,
        _ body: (inout OpenTransaction.Content, _ exists: Bool) -> WriteReceipt.Outcome
    ) throws(TransactionError) -> TransactionWrite {
        while true {
            var seen: Int?
            if condition != .none {
                seen = try with(id) { _, content in content.changes }
                if let verdict = try verdict(of: condition, id, key, scratch, mayBlock) {
                    return verdict
                }
            }
            let outcome = try with(id) { _, content throws(TransactionError) in
                // Else a call made at the same time wrote meanwhile: the condition is asked again.
                guard seen == nil || seen == content.changes else {
                    return WriteReceipt.Outcome?.none
                }
                let growth = content.work.writes.growth(key.hash, entryBytes: bytes)
                try makeRoom(for: key.hash, growth: growth, &content)
                content.changes += 1
                return body(&content, exists(key, content))
            }
            if let outcome { return .taken(outcome) }
        }
    }

    private func check(
        _ key: KeyView, value: UnsafeRawBufferPointer, contentType: UnsafeRawBufferPointer
    ) throws(TransactionError) {
        do throws(StorageError) {
            try parts.check(key, value: value, contentType: contentType)
        } catch {
            throw .storage(error)
        }
    }

    /// Why a write is not made now; nil where it may be.
    private func verdict(
        of condition: WriteCondition, _ id: TransactionID, _ key: KeyView, _ scratch: ReadScratch,
        _ mayBlock: Bool
    ) throws(TransactionError) -> TransactionWrite? {
        guard condition != .none else { return nil }
        var version = LSN.zero
        let found = try read(id, key, scratch: scratch, mayBlock: mayBlock) { version = $0.lsn }
        switch found {
        case .notDurable(let lsn): return .notDurable(lsn)
        case .wouldBlock: return .wouldBlock
        case .hit, .miss:
            // An own write has no version that a client could have been told.
            let holds = condition.holds(
                exists: found == .hit, version: version == .zero ? nil : version)
            return holds ? nil : .taken(.conditionFailed)
        }
    }

    /// Whether the key has an entry, as far as memory tells: for the answer to a write, which the
    /// commit checks.
    private func exists(_ key: KeyView, _ content: OpenTransaction.Content) -> Bool {
        if let own = content.work.writes[key.hash] {
            return own.isEntry(of: key, at: parts.clock.now())
        }
        return parts.index.withShard(of: key.hash) { shard in
            let id = shard.find(key.hash)
            guard id != 0 else { return false }
            // The commit will ask for it.
            parts.prefetchVersion(at: shard.slot(id).pointee.location)
            return !parts.hasExpired(shard.slot(id).pointee)
        }
    }
}

extension OpenTransaction.Work {
    /// Notes that a key has nothing to delete, which must still hold at the commit.
    /// - Returns: false where it was read or written to be otherwise: then a delete is a write.
    fileprivate mutating func notesNothing(of hash: UInt64) -> Bool {
        guard writes[hash] == nil else { return false }
        guard let earlier = reads[hash] else {
            reads.set(hash, .nothing)
            return true
        }
        return earlier == .nothing
    }
}
