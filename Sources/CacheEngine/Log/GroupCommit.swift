internal import CacheBase
internal import Synchronization

/// Lets concurrent writers share one sync: whoever comes first syncs for all that have appended,
/// and who comes during a sync waits for the next.
///
/// Invariant: at most one sync runs; `callbacks` hear of every advance, in order.
final class GroupCommit: @unchecked Sendable {
    // Safe because: every mutable field is used only under `condition`.
    private let log: WriteAheadLog
    private let clock: Clock
    private let times: LatencyHistograms
    private let condition = WaitCondition()
    private var isSyncing = false
    private var requested = LSN.zero
    private var isStopping = false
    /// Period of the sync thread; nil where it only does what is requested.
    private var intervalMilliseconds: Int?
    private var callbacks: [@Sendable (LSN?) -> Void] = []
    private let syncCount = Atomic<UInt64>(0)

    /// - Parameter times: where each sync's duration is recorded.
    init(log: WriteAheadLog, clock: Clock, times: LatencyHistograms) {
        self.log = log
        self.clock = clock
        self.times = times
    }

    /// Syncs that were needed so far.
    var syncs: UInt64 { syncCount.load(ordering: .relaxed) }

    func onAdvance(_ callback: @escaping @Sendable (LSN?) -> Void) {
        condition.withLock { callbacks.append(callback) }
    }

    /// Blocks until `lsn` is durable, syncing where nobody else does.
    /// - Throws: `poisoned`, or the sync's own error.
    func wait(for lsn: LSN) throws(StorageError) {
        while log.durableLSN < lsn {
            if log.poisoned { throw WriteAheadLog.poisonedError }
            if becomesLeader(lsn) { try lead() }
        }
    }

    /// True where the caller must sync; false after having waited for another's sync.
    private func becomesLeader(_ lsn: LSN) -> Bool {
        condition.withLock {
            if isSyncing {
                condition.wait()
                return false
            }
            if log.durableLSN >= lsn { return false }
            isSyncing = true
            return true
        }
    }

    private func lead() throws(StorageError) {
        var failure: StorageError?
        do throws(StorageError) {
            let start = clock.monotonicNanoseconds()
            try log.sync()
            times.record(nanoseconds: clock.monotonicNanoseconds() - start)
            syncCount.add(1, ordering: .relaxed)
        } catch { failure = error }
        let listeners = condition.withLock {
            isSyncing = false
            condition.wakeAll()
            return callbacks
        }
        let reached = failure == nil ? log.durableLSN : nil
        for listener in listeners { listener(reached) }
        if let failure { throw failure }
    }

    /// Tells the listeners that more may be answered, for another reason than a sync.
    func tellListeners() {
        let listeners = condition.withLock { callbacks }
        for listener in listeners { listener(log.durableLSN) }
    }

    /// Asks the sync thread to make `lsn` durable soon.
    func request(_ lsn: LSN) {
        condition.withLock {
            if lsn > requested {
                requested = lsn
                condition.wakeAll()
            }
        }
    }

    /// Changes the period of the sync thread.
    func setInterval(_ mode: SyncMode) {
        condition.withLock {
            switch mode {
            case .interval(let milliseconds): intervalMilliseconds = milliseconds
            case .always, .never: intervalMilliseconds = nil
            }
            condition.wakeAll()
        }
    }

    /// The sync thread: syncs what is requested and, with an interval, whatever there is.
    func run() {
        while let target = nextTarget() {
            // A failure poisons the log and was told to the listeners; nobody waits here.
            try? wait(for: target)
            if log.poisoned { waitForStop() }
        }
    }

    /// What to sync next; nil when stopping.
    private func nextTarget() -> LSN? {
        condition.withLock {
            while !isStopping {
                if requested > log.durableLSN { return requested }
                guard let intervalMilliseconds else {
                    condition.wait()
                    continue
                }
                condition.wait(milliseconds: intervalMilliseconds)
                let last = log.lastLSN
                if last > log.durableLSN { return last }
            }
            return nil
        }
    }

    private func waitForStop() {
        condition.withLock { while !isStopping { condition.wait() } }
    }

    func stop() {
        condition.withLock {
            isStopping = true
            condition.wakeAll()
        }
    }
}
