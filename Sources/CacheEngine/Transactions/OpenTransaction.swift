internal import CacheBase

/// A transaction from its start until it is over.
///
/// Lock order: a transaction, then shards, log and hot tier. Never two transactions at a time.
final class OpenTransaction: Sendable {
    enum Phase: Equatable {
        case open
        /// A commit has taken `work`; nobody else may do anything.
        case committing
        case over(TransactionState)
    }

    /// What a key had in the snapshot. Which version it was need not be kept: there is one newest
    /// version at the snapshot, and any that a read may show is that one.
    enum Finding { case entry, nothing }

    /// Everything that the commit needs.
    struct Work {
        var reads = KeyTable<Finding>()
        var writes = WriteSet()
    }

    struct Content {
        var phase = Phase.open
        var work = Work()
        /// Counts writes, so that a condition is not overtaken by a call made at the same time.
        var changes = 0
        /// Bytes taken from the budget of all transactions.
        var charged = 0
    }

    let id: TransactionID
    /// Reads see the state after this record.
    let snapshot: LSN
    /// Monotonic nanoseconds.
    let started: UInt64
    let content: Guarded<Content>

    init(_ id: TransactionID, snapshot: LSN, started: UInt64, charged: Int) {
        self.id = id
        self.snapshot = snapshot
        self.started = started
        content = Guarded(Content(charged: charged))
    }
}

extension OpenTransaction.Content {
    /// Ends the transaction and lets go of what it held; what was charged is still to be given back.
    mutating func end(_ state: TransactionState) {
        phase = .over(state)
        work = OpenTransaction.Work()
    }

    /// Keys that count against the limit.
    var keys: Int { work.reads.count + work.writes.count }
}
