internal import CacheBase
internal import Synchronization

/// The engine's background threads, and their work as plain calls for tests and simulation.
///
/// Five threads: *sync* makes the log durable; *log* keeps files and pages ready before the
/// writers; *memory* divides it, reclaims the hot tier and ends
/// overdue transactions; *flush* packs the log into segments;
/// *space* expires, evicts and compacts. The last two yield to the threads that serve: the log's
/// limit holds the writers back where flushing falls behind for it.
final class Maintenance: @unchecked Sendable {
    // Safe because: `threads` is written in `start` and read in `stop`, both by the owner.
    private static let idleMilliseconds = 20
    /// While the log grows fast: a quarter of what is kept ready is used up in this time at most.
    private static let busyMilliseconds = 4
    private static let sweepMilliseconds = 1000
    /// After a failure, doubled by each further one up to the second number.
    private static let retryMilliseconds = 200
    private static let retryMillisecondsMax = 5000

    private let parts: EngineParts
    private let transactions: Transactions
    private let governor: MemoryGovernor
    private var threads: [BackgroundThread] = []
    /// One flush at a time, whoever asks; held across disk writes.
    private let flushing = WaitCondition()
    /// One step of compaction at a time; taken inside `flushing` where both are.
    private let compacting = WaitCondition()

    init(_ parts: EngineParts, _ transactions: Transactions) {
        self.parts = parts
        self.transactions = transactions
        governor = MemoryGovernor(parts: parts)
    }

    func start() {
        guard parts.options.backgroundWork else { return }
        let commit = parts.commit
        threads = [
            BackgroundThread(name: "dcs-sync") { commit.run() },
            BackgroundThread(name: "dcs-log") { [unowned self] in runLog() },
            BackgroundThread(name: "dcs-memory") { [unowned self] in runMemory() },
            BackgroundThread(name: "dcs-flush", yields: true) { [unowned self] in runFlush() },
            BackgroundThread(name: "dcs-space", yields: true) { [unowned self] in runSpace() },
        ]
    }

    /// Returns when every thread has ended.
    func stop() {
        parts.signals.stop()
        parts.commit.stop()
        threads.forEach { $0.join() }
        threads = []
    }

    // MARK: Work

    /// Flushes a stretch of the log. Errors as the disk gives them.
    func flush() throws(StorageError) -> Bool {
        try flushing.withLock { () throws(StorageError) in try flushExclusively() }
    }

    private func flushExclusively() throws(StorageError) -> Bool {
        let keeper = SpaceKeeper(parts: parts)
        let estimate = UInt64(parts.sizes.flushBytes)
        let hasRoom = try compacting.withLock { () throws(StorageError) in
            try keeper.makeRoom(for: estimate, compactor: compactor(isPaced: false))
        }
        guard hasRoom else { return false }
        let start = parts.clock.monotonicNanoseconds()
        let flushed = try Flusher(parts: parts).flush()
        if flushed {
            parts.counters.flushTimes.record(
                nanoseconds: parts.clock.monotonicNanoseconds() - start)
        }
        parts.log.noteFlush(failedForSpace: false)
        return flushed
    }

    /// Evicts for the disk and does one step of compaction.
    func compact(isPaced: Bool = false) throws(StorageError) -> Bool {
        try compacting.withLock { () throws(StorageError) in
            _ = SpaceKeeper(parts: parts).evict()
            return try compactor(isPaced: isPaced).step()
        }
    }

    func prepareLog() throws(StorageError) {
        try parts.log.prepare(populateBytes: parts.sizes.populateBytes)
    }

    func sweep() { sweep { true } }

    private func sweep(_ mayContinue: () -> Bool) {
        Sweeper(parts: parts).sweep(mayContinue)
        parts.removals.tick(parts.clock.monotonicNanoseconds())
    }

    func reclaimMemory() {
        while parts.hot.wantsReclaim, !parts.signals.stopping {
            if !parts.hot.reclaim(index: parts.index) { break }
        }
    }

    private func compactor(isPaced: Bool) -> Compactor {
        let signals = parts.signals
        guard isPaced else { return Compactor(parts: parts) { _ in !signals.stopping } }
        let pacer = Pacer(
            bytesPerSecond: parts.options.compactionBytesPerSecond, clock: parts.clock,
            signals: signals)
        return Compactor(parts: parts) { pacer.spend($0) }
    }

    // MARK: Threads

    private func runLog() {
        var failures = 0
        var appended: UInt64 = 0
        var wait = Self.idleMilliseconds
        while parts.signals.wait(for: .prepareLog, milliseconds: wait) != nil {
            let grown = parts.log.appendedBytes - appended
            appended += grown
            wait =
                grown > UInt64(parts.sizes.populateBytes / 8)
                ? Self.busyMilliseconds : Self.idleMilliseconds
            attempt("log", &failures) { () throws(StorageError) in
                try prepareLog()
            }
        }
    }

    private func runMemory() {
        var rounds = 0
        while parts.signals.wait(for: nil, milliseconds: Self.idleMilliseconds) != nil {
            rounds += 1
            if rounds % 10 == 0 {
                governor.adjust()
                transactions.endOverdue()
            }
            reclaimMemory()
        }
    }

    private func runFlush() {
        var quiet = QuietLog()
        var failures = 0
        while let signalled = parts.signals.wait(for: .flush, milliseconds: Self.idleMilliseconds) {
            let isQuiet = quiet.isRipe(
                appended: parts.log.appendedBytes, backlog: parts.log.backlogBytes,
                now: parts.clock.monotonicNanoseconds())
            guard
                signalled || isQuiet
                    || parts.log.backlogBytes >= UInt64(parts.sizes.flushBytes)
            else { continue }
            attempt("flush", &failures) { () throws(StorageError) in
                if isQuiet { _ = try flush() }
                while parts.log.backlogBytes >= UInt64(parts.sizes.flushBytes),
                    !parts.signals.stopping
                {
                    guard try flush() else { break }
                }
            }
        }
    }

    private func runSpace() {
        var failures = 0
        var lastSweep = parts.clock.monotonicNanoseconds()
        while parts.signals.wait(for: nil, milliseconds: 5 * Self.idleMilliseconds) != nil {
            let now = parts.clock.monotonicNanoseconds()
            if now - lastSweep >= UInt64(Self.sweepMilliseconds) * 1_000_000 {
                lastSweep = now
                let signals = parts.signals
                sweep { !signals.stopping }
            }
            attempt("compaction", &failures) { () throws(StorageError) in
                while try compact(isPaced: true), !parts.signals.stopping {}
            }
        }
    }

    /// Runs background work; what fails is reported and tried again after a while.
    private func attempt(
        _ task: String, _ failures: inout Int, _ body: () throws(StorageError) -> Void
    ) {
        do throws(StorageError) {
            try body()
            failures = 0
        } catch {
            if task == "flush" { parts.log.noteFlush(failedForSpace: error.kind == .noSpace) }
            parts.options.observer(.backgroundFailure(task: task, error))
            let wait = Self.retryMilliseconds << min(failures, 10)
            failures += 1
            _ = parts.signals.wait(for: nil, milliseconds: min(wait, Self.retryMillisecondsMax))
        }
    }
}

/// Tells when the log has been quiet for long enough that its tail is worth a segment: it frees the
/// tail's memory, and a restart has less to replay.
private struct QuietLog {
    private static let nanoseconds: UInt64 = 2_000_000_000
    /// A shorter tail stays in the log.
    private static let bytesMin: UInt64 = 1 << 20

    private var appended: UInt64 = 0
    private var since: UInt64 = 0

    mutating func isRipe(appended: UInt64, backlog: UInt64, now: UInt64) -> Bool {
        if appended != self.appended {
            self.appended = appended
            since = now
            return false
        }
        return backlog >= Self.bytesMin && now - since >= Self.nanoseconds
    }
}
