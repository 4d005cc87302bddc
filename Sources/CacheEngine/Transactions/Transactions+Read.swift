internal import CacheBase
internal import CacheFormat

extension Transactions {
    /// Reads a key as it was at the transaction's start, or as the transaction wrote it, and calls
    /// `body` with the entry, which may be under locks: it copies what it needs and returns at
    /// once. An own write has no version yet: its LSN is zero.
    ///
    /// - Throws: `unknown`, `ended`, `busy`, `tooLarge`, `storage`; `conflict` where the version
    ///   at the start is gone, or an earlier read would not repeat: the transaction is over.
    package func read(
        _ id: TransactionID, _ key: KeyView, scratch: ReadScratch, mayBlock: Bool,
        _ body: (EntryView) -> Void
    ) throws(TransactionError) -> TransactionRead {
        let look = try with(id) { _, content throws(TransactionError) in
            try lookUp(key, &content, body)
        }
        switch look {
        case .hit: return .hit
        case .miss: return .miss
        case .notDurable(let lsn): return .notDurable(lsn)
        case .cold(let cold):
            return try readCold(id, cold, key, scratch: scratch, mayBlock: mayBlock, body)
        }
    }

    private func lookUp(
        _ key: KeyView, _ content: inout OpenTransaction.Content, _ body: (EntryView) -> Void
    ) throws(TransactionError) -> ReadOutcome {
        if let own = content.work.writes[key.hash] {
            guard own.isEntry(of: key, at: parts.clock.now()) else { return .miss }
            own.withView(body)
            return .hit
        }
        try makeRoom(for: key.hash, &content)
        let earlier = content.work.reads[key.hash]
        let found = parts.look(up: key, at: content.snapshot) { view in
            if earlier != .nothing { body(view) }
        }
        guard let found else { throw conflict(&content) }
        switch found {
        case .hit: try note(key, .entry, &content)
        case .miss: try note(key, .nothing, &content)
        case .notDurable, .cold: break
        }
        return found
    }

    private func readCold(
        _ id: TransactionID, _ cold: ColdRead, _ key: KeyView, scratch: ReadScratch,
        mayBlock: Bool, _ body: (EntryView) -> Void
    ) throws(TransactionError) -> TransactionRead {
        var failure: TransactionError?
        let outcome: ColdOutcome
        do throws(StorageError) {
            outcome = try parts.readCold(cold, key: key, scratch: scratch, mayBlock: mayBlock) {
                view in
                do throws(TransactionError) {
                    try noteCold(id, key, .entry, newest: view.lsn)
                    body(view)
                } catch { failure = error }
            }
        } catch {
            throw .storage(error)
        }
        if let failure { throw failure }
        switch outcome {
        case .hit: return .hit
        case .miss:
            // Expired, or another key's; of which version is not told.
            try noteCold(id, key, .nothing, newest: cold.segment.footer.lastLSN)
            return .miss
        case .wouldBlock: return .wouldBlock
        case .moved: preconditionFailure("a position that is held does not move")
        }
    }

    /// Notes what the disk said of a key, which may have been written inside meanwhile.
    private func noteCold(
        _ id: TransactionID, _ key: KeyView, _ finding: OpenTransaction.Finding, newest: LSN
    ) throws(TransactionError) {
        try with(id) { _, content throws(TransactionError) in
            guard newest <= content.snapshot else { throw conflict(&content) }
            try note(key, finding, &content)
        }
    }

    private func note(
        _ key: KeyView, _ finding: OpenTransaction.Finding,
        _ content: inout OpenTransaction.Content
    ) throws(TransactionError) {
        guard let earlier = content.work.reads[key.hash] else {
            return content.work.reads.set(key.hash, finding)
        }
        if earlier != finding { throw conflict(&content) }
    }

    /// Ends a transaction for what others did.
    private func conflict(_ content: inout OpenTransaction.Content) -> TransactionError {
        content.end(.rolledBack)
        parts.counters.transactionConflicts.add()
        return .conflict
    }
}

extension WriteSet.Write {
    /// True where a read of `key` shows this write.
    func isEntry(of key: KeyView, at now: Timestamp) -> Bool {
        kind == .put && isOf(key) && !expiry.hasPassed(at: now)
    }
}

extension EngineParts {
    /// As `Engine.read`, of the state at `snapshot`; nil where that is gone.
    fileprivate func look(
        up key: KeyView, at snapshot: LSN, _ body: (EntryView) -> Void
    ) -> ReadOutcome? {
        index.withShard(of: key.hash) { shard in
            let id = shard.find(key.hash)
            guard id != 0 else {
                return shard.newestRemoval(key.hash) > snapshot ? nil : missed(&shard)
            }
            let location = shard.slot(id).pointee.location
            switch location.kind {
            case .hot:
                let content = hot.entry(at: location).content
                guard content.lsn <= snapshot else { return nil }
                return serve(key, content, id, &shard, body)
            case .log:
                let content = log.table.entry(at: location).content
                guard content.lsn <= snapshot else { return nil }
                if answersWait, content.lsn > answerableLSN {
                    return .notDurable(content.lsn)
                }
                return serve(key, content, id, &shard, body)
            case .segment:
                // Where it has expired, nobody will ask the disk for its version.
                let isYounger = segments.segment(location).footer.lastLSN > snapshot
                if isYounger, hasExpired(shard.slot(id).pointee) { return nil }
                return leaveToDisk(id, location, &shard)
            case .none: preconditionFailure("an occupied slot has a location")
            }
        }
    }
}
