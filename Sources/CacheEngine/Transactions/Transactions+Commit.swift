internal import CacheBase
internal import CacheFormat

extension Transactions {
    /// Applies a transaction's writes as one record of the log, unless a key that it read or wrote
    /// was changed by someone else since its start.
    ///
    /// The caller answers only when `durableLSN` covers the record's LSN, in every mode. One that
    /// only read has a record too: so its outcome is known after a crash.
    /// - Throws: `unknown`, `ended`, `busy`; `conflict`: nothing was applied and the transaction is
    ///   over; `storage`: nothing was applied and it is open still.
    /// - Complexity: O(keys + bytes) under the locks of the shards touched; no disk under a lock.
    package func commit(
        _ id: TransactionID, scratch: ReadScratch, mayBlock: Bool
    ) throws(TransactionError) -> TransactionCommit {
        var (transaction, work, snapshot) = try with(id) { transaction, content in
            content.phase = .committing
            var work = OpenTransaction.Work()
            swap(&work, &content.work)
            return (transaction, work, content.snapshot)
        }
        let head = TransactionHead(number: id.number, time: parts.clock.now())
        let attempt: CommitAttempt
        do throws(StorageError) {
            attempt = try carryOut(&work, head, since: snapshot, scratch, mayBlock)
        } catch {
            reopen(transaction, work)
            throw .storage(error)
        }
        switch attempt {
        case .applied(let lsn):
            work.removeAll()
            end(transaction, .committed, lsn, work)
            return .committed(lsn)
        case .changed:
            end(transaction, .rolledBack, .zero, OpenTransaction.Work())
            parts.counters.transactionConflicts.add()
            throw .conflict
        case .unsure:
            reopen(transaction, work)
            return .wouldBlock
        }
    }

    /// - Returns: `unsure` only where the disk would have to be waited for and may not.
    private func carryOut(
        _ work: inout OpenTransaction.Work, _ head: TransactionHead, since snapshot: LSN,
        _ scratch: ReadScratch, _ mayBlock: Bool
    ) throws(StorageError) -> CommitAttempt {
        let checksum = work.writes.seal(head)
        var known: [UInt64: KnownVersion] = [:]
        for _ in 0..<Limits.commitRoundsMax {
            let attempt = try parts.commit(work, head, checksum, since: snapshot, known)
            guard case .unsure(let reads) = attempt else { return attempt }
            for (hash, read) in reads {
                guard let version = try KnownVersion(read, scratch: scratch, mayBlock: mayBlock)
                else { return attempt }
                known[hash] = version
            }
        }
        return .changed
    }

    private func end(
        _ transaction: OpenTransaction, _ state: TransactionState, _ lsn: LSN,
        _ work: OpenTransaction.Work
    ) {
        transaction.content.withLock { content in
            content.end(state)
            content.work = work
        }
        finish(transaction, state, lsn: lsn)
    }

    private func reopen(_ transaction: OpenTransaction, _ work: OpenTransaction.Work) {
        transaction.content.withLock { content in
            content.work = work
            content.phase = .open
        }
    }
}

private enum CommitAttempt {
    case applied(LSN)
    case changed
    /// Nothing was applied; the versions of these cold entries decide.
    case unsure([(hash: UInt64, read: ColdRead)])
}

extension EngineParts {
    fileprivate func commit(
        _ work: borrowing OpenTransaction.Work, _ head: TransactionHead, _ checksum: UInt32,
        since snapshot: LSN, _ known: [UInt64: KnownVersion]
    ) throws(StorageError) -> CommitAttempt {
        let writes = work.writes.writes
        var shards: UInt64 = 0
        for hash in work.reads.hashes { shards |= 1 << UInt64(KeyIndex.shardNumber(hash)) }
        for hash in writes.hashes {
            shards |= 1 << UInt64(KeyIndex.shardNumber(hash))
            index.prefetchSlot(hash)
        }
        return try index.withShards(shards) { () throws(StorageError) in
            if let refusal = refusal(of: work, since: snapshot, known) { return refusal }
            let appended = try log.append(
                .commit, payloadBytes: work.writes.payloadBytes, payloadChecksum: checksum,
                entries: work.writes.count, place: work.writes.place
            ) { target in
                head.write(to: target)
                work.writes.copy(to: target)
            }
            for (hash, write) in zip(writes.hashes, writes.values) {
                let location = Location.log(
                    fileSlot: appended.fileSlot, offset: appended.offset + write.offset)
                index.withHeldShard(of: hash) { shard in
                    point(
                        write.kind, hash, at: location, expiry: write.expiry, lsn: appended.lsn,
                        shard.find(hash), &shard)
                }
            }
            return .applied(appended.lsn)
        }
    }

    /// Why a commit cannot be applied; nil where nothing that it touched has changed. Under the
    /// locks of all its shards.
    private func refusal(
        of work: OpenTransaction.Work, since snapshot: LSN, _ known: [UInt64: KnownVersion]
    ) -> CommitAttempt? {
        if options.unsafeOmissions.contains(.commitValidation) { return nil }
        var unsure: [(hash: UInt64, read: ColdRead)] = []
        for hashes in [work.reads.hashes, work.writes.writes.hashes] {
            for hash in hashes {
                switch change(of: hash, since: snapshot, known[hash]) {
                case .none: break
                case .changed: return .changed
                case .unsure(let read): unsure.append((hash, read))
                }
            }
        }
        return unsure.isEmpty ? nil : .unsure(unsure)
    }

    private enum Change {
        case none
        case changed
        case unsure(ColdRead)
    }

    /// Whether anything was written to a key, or deleted, after `snapshot`.
    private func change(of hash: UInt64, since snapshot: LSN, _ known: KnownVersion?) -> Change {
        index.withHeldShard(of: hash) { shard in
            let id = shard.find(hash)
            guard id != 0 else {
                return shard.newestRemoval(hash) > snapshot ? .changed : .none
            }
            let location = shard.slot(id).pointee.location
            if newestVersion(at: location) <= snapshot { return .none }
            guard location.kind == .segment else { return .changed }
            guard let known, known.location == location else {
                return .unsure(
                    ColdRead(segment: segments.segment(location), location: location))
            }
            return known.lsn <= snapshot ? .none : .changed
        }
    }
}
