package import CacheBase
internal import CacheFormat
internal import Synchronization

/// Optimistic, serializable transactions over the engine's entries.
///
/// A transaction sees the state at its start and its own writes. Its reads are checked as they are
/// made, and all that it read or wrote once more at its commit, which is one record of the log.
/// It holds no lock between calls, and keeps nothing of the store alive: a read whose version is
/// gone ends it instead. Entries are forgotten at any time, as always in a cache: an eviction or
/// an expiry is no conflict, but a read that would not repeat for it is.
///
/// Safe to use from any number of threads; calls on one transaction are carried out one at a time.
/// No thread of its own: overdue transactions end when they are used or asked for, and by
/// `endOverdue`.
///
/// Invariants:
/// - A transaction is in the registry from its start until its outcome is in the ledger.
/// - `charged` is the sum of what the transactions in the registry were charged.
package final class Transactions: Sendable {
    /// What a transaction is charged for being open, and for each key that it touches.
    private static let chargeBytes = 512
    private static let keyChargeBytes = 64

    let parts: EngineParts
    private let seal: TransactionSeal
    /// Its lock is taken before a transaction's, never after.
    private let registry = Guarded(TransactionTable())
    /// Held while an incarnation is claimed, across the sync.
    private let claiming = WaitCondition()
    /// The incarnation of this process, 0 while it has none.
    private let incarnation = Atomic<UInt32>(0)
    private let timeoutMilliseconds: Atomic<UInt64>
    private let charged = Atomic<Int>(0)

    init(_ parts: EngineParts) {
        self.parts = parts
        seal = TransactionSeal(secret: parts.store.hashKey)
        timeoutMilliseconds = Atomic(parts.options.transactionTimeoutMilliseconds)
    }

    /// Transactions that are open now.
    package var openCount: Int { registry.withLock { $0.count } }

    /// Changes the age at which open transactions are rolled back, for those already open as well.
    package func setTimeout(milliseconds: UInt64) {
        timeoutMilliseconds.store(milliseconds, ordering: .relaxed)
    }

    /// Starts a transaction that sees the state of this moment.
    ///
    /// The first one of a process makes its numbers durable before it is given out.
    /// - Returns: nil where that would block and may not.
    /// - Throws: `tooMany`, `storage`.
    package func start(mayBlock: Bool) throws(TransactionError) -> TransactionID? {
        var incarnation = incarnation.load(ordering: .acquiring)
        if incarnation == 0 {
            guard mayBlock else { return nil }
            incarnation = try claimed()
        }
        if parts.log.poisoned { throw .storage(WriteAheadLog.poisonedError) }
        try charge(Self.chargeBytes)
        if let id = register(incarnation) { return id }
        endOverdue()
        if let id = register(incarnation) { return id }
        charged.subtract(Self.chargeBytes, ordering: .relaxed)
        throw .tooMany
    }

    /// - Returns: nil where too many are open.
    private func register(_ incarnation: UInt32) -> TransactionID? {
        let snapshot = parts.log.lastLSN
        let now = parts.clock.monotonicNanoseconds()
        let started = registry.withLock { registry -> (TransactionID, ClosedRange<UInt64>)? in
            guard registry.count < Limits.transactionsOpenMax else { return nil }
            let sequences = registry.nextSequences()
            let id = seal.id(
                TransactionNumber(incarnation: incarnation, sequence: sequences.upperBound))
            registry.insert(sequences.upperBound) { transaction in
                transaction.begin(
                    id, snapshot: snapshot, started: now, charged: Self.chargeBytes)
            }
            return (id, sequences)
        }
        guard let (id, sequences) = started else { return nil }
        if sequences.count > 1 { passOver(sequences.dropLast(), incarnation) }
        return id
    }

    /// Numbers that nobody gets have ended: else the ledger would wait for them.
    private func passOver(
        _ sequences: Slice<ClosedRange<UInt64>>, _ incarnation: UInt32
    ) {
        for sequence in sequences {
            parts.ledger.note(
                TransactionNumber(incarnation: incarnation, sequence: sequence), .rolledBack,
                at: parts.clock.now())
        }
    }

    /// - Throws: `unknown`, `ended`, `busy`, where the transaction takes no calls.
    package func check(_ id: TransactionID) throws(TransactionError) { try with(id) { _, _ in } }

    /// How many keys an open transaction has read or written here.
    package func keys(of id: TransactionID) throws(TransactionError) -> Int {
        try with(id) { _, content in content.keys }
    }

    /// The partition of the first key that an open transaction has written here.
    package func firstWritten(_ id: TransactionID) -> Partition? {
        do throws(TransactionError) {
            return try with(id) { _, content in content.work.writes.firstPartition }
        } catch { return nil }
    }

    /// Gives a transaction up: nothing of it is applied.
    /// - Throws: `unknown`, `ended`, `busy`.
    package func rollback(_ id: TransactionID) throws(TransactionError) {
        try with(id) { _, content in content.end(.rolledBack) }
    }

    /// What became of a transaction; known for `Limits.outcomeRetentionMilliseconds` at least after
    /// its end, across restarts. One that was open when the process died was rolled back.
    package func state(of id: TransactionID) -> TransactionReport {
        guard seal.isGenuine(id) else { return .known(.unknown) }
        do throws(TransactionError) {
            try with(id) { _, _ in }
            return .known(.open)
        } catch {
            switch error {
            case .busy: break
            case .ended(let state) where state != .committed: return .known(state)
            case .ended, .unknown, .conflict, .tooMany, .tooLarge, .spread, .storage: break
            }
        }
        switch parts.ledger.entry(id.number) {
        case .none: return .known(error(of: id) == .busy ? .open : .rolledBack)
        case .forgotten: return .known(.unknown)
        case .rolledBack: return .known(.rolledBack)
        case .timedOut: return .known(.timedOut)
        case .committed(let lsn):
            return lsn > parts.log.durableLSN ? .notDurable(lsn) : .known(.committed)
        }
    }

    /// Rolls back the transactions whose time is over, and forgets outcomes that are old enough.
    package func endOverdue() {
        for transaction in registry.withLock({ $0.all }) {
            let (id, isOverdue) = transaction.content.withLock { ($0.id, self.isOverdue($0)) }
            // Ends it, unless a commit was faster.
            if isOverdue { _ = try? with(id) { _, _ in } }
        }
        parts.ledger.trim(at: parts.clock.now())
    }

    /// For tests and simulation, while nothing else uses the engine. Traps where one is broken.
    func checkInvariants() {
        let open = registry.withLock { $0.all }
        let sum = open.reduce(0) { sum, transaction in
            sum + transaction.content.withLock { $0.charged }
        }
        precondition(sum == charged.load(ordering: .relaxed), "a charge was lost")
        for transaction in open {
            let isOver = transaction.content.withLock { $0.phase != .open }
            precondition(!isOver, "a transaction that is over is registered")
        }
    }
}

// MARK: - Incarnations

extension Transactions {
    /// Claims an incarnation for this process, once; blocks for a sync.
    private func claimed() throws(TransactionError) -> UInt32 {
        do throws(StorageError) {
            return try claiming.withLock { () throws(StorageError) in
                let present = incarnation.load(ordering: .acquiring)
                return present > 0 ? present : try claim()
            }
        } catch {
            throw .storage(error)
        }
    }

    private func claim() throws(StorageError) -> UInt32 {
        let number = parts.ledger.claimNext(at: parts.clock.now())
        guard number <= TransactionNumber.incarnationMax else {
            throw StorageError(.invalid, "all incarnations of transactions are used up")
        }
        let head = TransactionHead(
            number: TransactionNumber(incarnation: number, sequence: 0), time: parts.clock.now())
        var bytes = [UInt8](repeating: 0, count: TransactionHead.bytes)
        bytes.withUnsafeMutableBytes { head.write(to: $0.baseAddress.unsafelyUnwrapped) }
        let appended = try parts.log.append(
            .incarnation, payloadBytes: bytes.count,
            payloadChecksum: bytes.withUnsafeBytes { CRC32C.of($0) }, entries: 0,
            place: RecordPlace(.several)
        ) { target in
            bytes.withUnsafeBytes { target.put($0, at: 0) }
        }
        try parts.commit.wait(for: appended.lsn)
        incarnation.store(number, ordering: .releasing)
        return number
    }
}

// MARK: - Use

extension Transactions {
    /// Runs `body` under the lock of an open transaction; where that ends it, records how.
    /// - Throws: `unknown`, `ended`, `busy`, and what `body` throws.
    func with<Result>(
        _ id: TransactionID,
        _ body: (OpenTransaction, inout OpenTransaction.Content) throws(TransactionError) -> Result
    ) throws(TransactionError) -> Result {
        guard let transaction = registry.withLock({ $0[id.number] }) else { throw error(of: id) }
        var ending: TransactionState?
        defer { if let ending { finish(transaction, ending) } }
        return try transaction.content.withLock { content throws(TransactionError) in
            guard content.id == id else { throw error(of: id) }
            switch content.phase {
            case .open: break
            case .committing: throw .busy
            case .over(let state): throw .ended(state)
            }
            defer { if case .over(let state) = content.phase { ending = state } }
            if isOverdue(content) {
                content.end(.timedOut)
                throw .ended(.timedOut)
            }
            return try body(transaction, &content)
        }
    }

    /// Why an id that is not in the registry cannot be used.
    private func error(of id: TransactionID) -> TransactionError {
        guard seal.isGenuine(id) else { return .unknown }
        switch parts.ledger.entry(id.number) {
        case .none:
            // Of this process: it is there again, or a commit is just ending it.
            return id.number.incarnation == incarnation.load(ordering: .acquiring)
                ? .busy : .ended(.rolledBack)
        case .forgotten: return .unknown
        case .rolledBack: return .ended(.rolledBack)
        case .timedOut: return .ended(.timedOut)
        case .committed(let lsn):
            return lsn > parts.log.durableLSN ? .busy : .ended(.committed)
        }
    }

    private func isOverdue(_ content: OpenTransaction.Content) -> Bool {
        let age = parts.clock.monotonicNanoseconds() &- content.started
        return age / 1_000_000 >= timeoutMilliseconds.load(ordering: .relaxed)
    }

    /// Records how a transaction ended and lets go of it. Once for each.
    /// - Parameter lsn: of a commit's record.
    func finish(_ transaction: OpenTransaction, _ state: TransactionState, lsn: LSN = .zero) {
        let outcome: TransactionHistory.Outcome
        switch state {
        case .committed:
            outcome = .committed
            parts.counters.transactionsCommitted.add()
        case .rolledBack:
            outcome = .rolledBack
            parts.counters.transactionsRolledBack.add()
        case .timedOut:
            outcome = .timedOut
            parts.counters.transactionsTimedOut.add()
        case .open, .unknown: preconditionFailure("no end of a transaction")
        }
        let (number, bytes) = transaction.content.withLock { content in
            defer { content.charged = 0 }
            return (content.id.number, content.charged)
        }
        charged.subtract(bytes, ordering: .relaxed)
        parts.ledger.note(number, outcome, lsn: lsn, at: parts.clock.now())
        registry.withLock { $0.remove(number) }
    }

    /// Makes sure that a key, and `growth` bytes more of writes, fit the transaction and the memory
    /// of all transactions.
    /// - Throws: `tooLarge`, `storage` (`overloaded`).
    func makeRoom(
        for hash: UInt64, growth: Int = 0, _ content: inout OpenTransaction.Content
    ) throws(TransactionError) {
        if content.keys >= Limits.transactionKeysMax, content.work.reads[hash] == nil,
            content.work.writes[hash] == nil
        {
            throw .tooLarge
        }
        let bytes = content.work.writes.payloadBytes + growth
        guard bytes <= parts.sizes.transactionBytesMax else { throw .tooLarge }
        let wanted = Self.chargeBytes + Self.keyChargeBytes * (content.keys + 1) + bytes
        if wanted > content.charged {
            try charge(wanted - content.charged)
            content.charged = wanted
        }
    }

    private func charge(_ bytes: Int) throws(TransactionError) {
        let sum = charged.add(bytes, ordering: .relaxed).newValue
        guard sum > parts.sizes.transactionsBytesMax else { return }
        charged.subtract(bytes, ordering: .relaxed)
        throw .storage(
            StorageError(.overloaded, "open transactions take all the memory that they may"))
    }
}
