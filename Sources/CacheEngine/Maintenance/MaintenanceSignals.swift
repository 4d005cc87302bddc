internal import CacheBase

/// What the hot path tells the background threads, and where these wait.
final class MaintenanceSignals: @unchecked Sendable {
    // Safe because: the fields are used only under `condition`.
    private let condition = WaitCondition()
    private var pending: Set<Work> = []
    private var isStopping = false

    enum Work: Hashable {
        /// A log file is full: flush, and keep a spare ready.
        case flush
        case prepareLog
    }

    func signal(_ work: Work...) {
        condition.withLock {
            pending.formUnion(work)
            condition.wakeAll()
        }
    }

    /// Waits for work of a kind, at most so long.
    /// - Returns: nil when it is time to stop; else whether there was a signal.
    func wait(for work: Work?, milliseconds: Int) -> Bool? {
        condition.withLock {
            if isStopping { return nil }
            if let work, pending.remove(work) != nil { return true }
            condition.wait(milliseconds: milliseconds)
            if isStopping { return nil }
            return work.map { pending.remove($0) != nil } ?? false
        }
    }

    var stopping: Bool { condition.withLock { isStopping } }

    func stop() {
        condition.withLock {
            isStopping = true
            condition.wakeAll()
        }
    }
}
