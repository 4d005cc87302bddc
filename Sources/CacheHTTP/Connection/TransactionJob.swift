internal import CacheBase
internal import CacheEngine
internal import CacheNode

/// A call on a transaction that goes on in a thread that may wait for the disk.
enum TransactionJob: Sendable {
    case start
    case read(TransactionID, key: [UInt8])
    case write(TransactionID, WriteJob)
    case commit(TransactionID)
}

/// What a call on a transaction came to, where it is not an entry.
enum TransactionStep: Sendable {
    case started(TransactionID)
    case taken(WriteReceipt.Outcome)
    case committed(LSN)
    case refused(TransactionError)
    /// What became of one that other nodes have parts in.
    case told(TransactionState)
}

extension TransactionJob {
    /// Carries out the call; waits for the disk.
    func perform<Store: EntryStore>(
        on store: Store, _ scratch: ReadScratch
    ) -> Connection<Store>.Resumption {
        do throws(TransactionError) {
            switch self {
            case .start:
                guard let id = try store.transactions.start(mayBlock: true) else { return .again }
                return .transaction(.started(id))
            case .read(let id, let key): return try Self.read(id, key, store, scratch)
            case .write(let id, let job):
                let outcome = try job.perform(
                    in: id, on: store, scratch: scratch, mayBlock: true)
                guard case .taken(let taken) = outcome else { return .again }
                return .transaction(.taken(taken))
            case .commit(let id):
                let commit = try store.transactions.commit(id, scratch: scratch, mayBlock: true)
                guard case .committed(let lsn) = commit else { return .again }
                return .transaction(.committed(lsn))
            }
        } catch {
            return .transaction(.refused(error))
        }
    }

    private static func read<Store: EntryStore>(
        _ id: TransactionID, _ key: [UInt8], _ store: Store, _ scratch: ReadScratch
    ) throws(TransactionError) -> Connection<Store>.Resumption {
        var found: FetchedEntry?
        let result = key.withUnsafeBytes { bytes -> Result<TransactionRead, TransactionError> in
            do throws(TransactionError) {
                return .success(
                    try store.transactions.read(
                        id, store.key(bytes), scratch: scratch, mayBlock: true
                    ) { found = FetchedEntry($0) })
            } catch {
                return .failure(error)
            }
        }
        switch try result.get() {
        case .hit:
            guard let found else { preconditionFailure("a hit without an entry") }
            return .found(found)
        case .miss: return .missed
        case .notDurable, .wouldBlock: return .again
        }
    }
}

extension WriteJob {
    /// Carries the write out inside a transaction.
    fileprivate func perform<Store: EntryStore>(
        in id: TransactionID, on store: Store, scratch: ReadScratch, mayBlock: Bool
    ) throws(TransactionError) -> TransactionWrite {
        let result = key.withUnsafeBytes { key -> Result<TransactionWrite, TransactionError> in
            do throws(TransactionError) {
                guard let content else {
                    return .success(
                        try store.transactions.remove(
                            id, store.key(key), condition: condition, scratch: scratch,
                            mayBlock: mayBlock))
                }
                return try content.perform(
                    in: id, store.key(key), condition, store.transactions, scratch)
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }
}

extension WriteJob.Content {
    fileprivate func perform(
        in id: TransactionID, _ key: KeyView, _ condition: WriteCondition,
        _ transactions: Transactions, _ scratch: ReadScratch
    ) throws(TransactionError) -> Result<TransactionWrite, TransactionError> {
        value.withUnsafeBytes { value in
            contentType.withUnsafeBytes { type in
                do throws(TransactionError) {
                    return .success(
                        try transactions.put(
                            id, key, value: value, contentType: type, expiry: expiry,
                            condition: condition, scratch: scratch, mayBlock: true))
                } catch {
                    return .failure(error)
                }
            }
        }
    }
}
