package import CacheBase

/// What became of a transaction. The raw value is its name in the interface.
package enum TransactionState: String, Sendable, Hashable {
    case open
    case committed
    case rolledBack = "rolled_back"
    case timedOut = "timed_out"
    /// Never given out by this store, or ended so long ago that it is forgotten.
    case unknown
}

/// Why a call on a transaction was not carried out. Nothing of the call took effect.
package enum TransactionError: Error, Equatable, Sendable {
    /// The store knows no such transaction: see `TransactionState.unknown`.
    case unknown
    /// It is over: committed, rolled back or timed out.
    case ended(TransactionState)
    /// A key that it read or wrote was changed by someone else. The transaction is over; nothing
    /// of it was applied.
    case conflict
    /// Another call is committing it.
    case busy
    /// `Limits.transactionsOpenMax` are open; try again later.
    case tooMany
    /// A limit of one transaction would be exceeded; it stays open.
    case tooLarge
    /// Its keys are of several nodes. It stays open.
    case spread
    /// What `put`, `remove` or the log says. The transaction stays open.
    case storage(StorageError)
}

/// What a read inside a transaction found.
package enum TransactionRead: Sendable, Hashable {
    /// The closure was called.
    case hit
    case miss
    /// `SyncMode.always` only: what was found is not durable yet. Wait for this LSN, then repeat.
    case notDurable(LSN)
    /// Only where not allowed to block: the disk would be asked. Repeat where blocking is allowed.
    case wouldBlock
}

/// What a write inside a transaction came to.
package enum TransactionWrite: Sendable, Hashable {
    /// It is in the transaction, or of no effect (`absent`, `conditionFailed`).
    case taken(WriteReceipt.Outcome)
    /// As of a read; only where the write has a condition.
    case notDurable(LSN)
    /// As of a read; only where the write has a condition.
    case wouldBlock
}

/// What a commit came to.
package enum TransactionCommit: Sendable, Hashable {
    /// Applied. It may be answered once this LSN is durable, whatever the mode.
    case committed(LSN)
    /// Only where not allowed to block: the disk would be asked. The transaction is open.
    case wouldBlock
}

/// What is known of a transaction.
package enum TransactionReport: Sendable, Hashable {
    case known(TransactionState)
    /// It ended in a commit that may not be durable yet: wait for this LSN, then ask again.
    case notDurable(LSN)
}
