internal import CacheBase
internal import CacheFormat

/// A transaction from its start until it is over; then the object becomes another one's.
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

        /// Forgets everything, and keeps the room for a little.
        mutating func removeAll() {
            reads.removeAll()
            writes.removeAll()
        }
    }

    struct Content {
        let id: TransactionID
        /// Reads see the state after this record.
        let snapshot: LSN
        /// Monotonic nanoseconds.
        let started: UInt64
        var phase: Phase
        var work = Work()
        /// Counts writes, so that a condition is not overtaken by a call made at the same time.
        var changes = 0
        /// Bytes taken from the budget of all transactions.
        var charged = 0
    }

    /// Whoever was led here by a number looks at `id` first: the object may be another's by now.
    let content: Guarded<Content>

    /// One that is over until `begin`.
    init() {
        let number = TransactionNumber(incarnation: 0, sequence: 0)
        content = Guarded(
            Content(
                id: TransactionID(number: number, seal: 0), snapshot: .zero, started: 0,
                phase: .over(.unknown)))
    }

    /// Makes the object that of a new transaction. What the work of the last one left of room is
    /// used again.
    func begin(_ id: TransactionID, snapshot: LSN, started: UInt64, charged: Int) {
        content.withLock { content in
            content = Content(
                id: id, snapshot: snapshot, started: started, phase: .open, work: content.work,
                charged: charged)
        }
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
