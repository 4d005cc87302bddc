/// When keys are fetched: events in, decisions out; times are monotonic milliseconds.
///
/// Invariants: at most one fetch is under way (`isFetching`), and between the ends of two that
/// were started for a missing key lies at least the interval, whatever clients ask for.
struct KeySchedule: Sendable {
    enum Decision: Equatable {
        /// Start a fetch; it is under way from now on.
        case fetch
        /// A fetch is under way: it may bring the key.
        case wait
        /// Too soon for another fetch.
        case refuse
    }

    private(set) var isFetching = false
    private var fetchedAt: UInt64?
    private var endedAt: UInt64?
    /// Failures since the last success.
    private var failureCount = 0

    /// True where keys were fetched and are not too old to be trusted.
    func hasKeys(at now: UInt64) -> Bool {
        guard let fetchedAt else { return false }
        return Self.elapsed(fetchedAt, now) < SecurityLimits.keysAgeMillisecondsMax
    }

    /// A token names a key that is not there.
    mutating func keyMissed(at now: UInt64) -> Decision {
        if isFetching { return .wait }
        guard isDue(at: now, SecurityLimits.keysFetchIntervalMilliseconds) else { return .refuse }
        isFetching = true
        return .fetch
    }

    /// A key was found: keys in use are kept fresh.
    /// - Returns: true where a fetch starts.
    mutating func keyUsed(at now: UInt64) -> Bool {
        guard !isFetching, isDue(at: now, SecurityLimits.keysRefreshMilliseconds) else {
            return false
        }
        isFetching = true
        return true
    }

    mutating func fetched(at now: UInt64) {
        isFetching = false
        fetchedAt = now
        endedAt = now
        failureCount = 0
    }

    mutating func fetchFailed(at now: UInt64) {
        isFetching = false
        endedAt = now
        failureCount += 1
    }

    /// True where `interval` is over since the last fetch, or a shorter time after a failure.
    private func isDue(at now: UInt64, _ interval: UInt64) -> Bool {
        guard let endedAt else { return true }
        let elapsed = Self.elapsed(endedAt, now)
        guard failureCount > 0 else { return elapsed >= interval }
        let doubled = SecurityLimits.keysRetryMilliseconds << UInt64(min(failureCount - 1, 16))
        return elapsed >= min(doubled, SecurityLimits.keysFetchIntervalMilliseconds)
    }

    /// Who asks may have read the clock before a fetch ended that is noted already.
    private static func elapsed(_ start: UInt64, _ now: UInt64) -> UInt64 {
        now > start ? now - start : 0
    }
}
