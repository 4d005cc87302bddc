internal import CacheBase
internal import Synchronization

/// The issuer's keys as they are now, fetched when they are needed.
///
/// Invariants: `waiters` is empty unless a fetch is under way; `generation` grows with each change
/// of `keys`, after it, so that who remembers a verdict with the older number forgets it.
final class KeyRing: Sendable {
    /// Returns the document that holds the keys; runs outside of any lock.
    typealias Fetch = @Sendable () async throws(KeyFetchError) -> [UInt8]

    enum Lookup {
        case found(VerificationKey)
        /// A fetch is under way that may bring it.
        case fetching
        case unknown
        /// There are no keys at all.
        case unavailable
    }

    private struct State {
        var schedule = KeySchedule()
        var document: [UInt8] = []
        var keys: KeySet?
        var waiters: [@Sendable () -> Void] = []
    }

    private let clock: Clock
    private let fetch: Fetch
    private let observer: @Sendable (SecurityEvent) -> Void
    private let changes = Atomic<UInt64>(0)
    private let state = Mutex(State())

    init(
        clock: Clock, fetch: @escaping Fetch,
        observer: @escaping @Sendable (SecurityEvent) -> Void
    ) {
        self.clock = clock
        self.fetch = fetch
        self.observer = observer
    }

    /// Another number after each change of the keys.
    var generation: UInt64 { changes.load(ordering: .acquiring) }

    /// True where tokens can be verified.
    var hasKeys: Bool {
        let now = now
        return state.withLock { $0.schedule.hasKeys(at: now) }
    }

    /// Fetches the keys for the first time, where nothing has asked for one yet.
    func start() { _ = find("", .rs256) }

    /// Finds a key; starts a fetch where it is missing and another may be asked for it now.
    func find(_ id: String?, _ algorithm: TokenAlgorithm) -> Lookup {
        let now = now
        let (lookup, starts) = state.withLock { state -> (Lookup, Bool) in
            let keys = state.schedule.hasKeys(at: now) ? state.keys : nil
            if let key = keys?.key(named: id, algorithm) {
                return (.found(key), state.schedule.keyUsed(at: now))
            }
            switch state.schedule.keyMissed(at: now) {
            case .fetch: return (.fetching, true)
            case .wait: return (.fetching, false)
            case .refuse: return (keys == nil ? .unavailable : .unknown, false)
            }
        }
        if starts { startFetch() }
        return lookup
    }

    /// Calls `body` when the fetch that is under way has ended; at once where none is.
    /// - Returns: false where too many wait; `body` is not called then.
    func afterFetch(_ body: @escaping @Sendable () -> Void) -> Bool {
        let isWaiting = state.withLock { state -> Bool? in
            guard state.schedule.isFetching else { return false }
            guard state.waiters.count < SecurityLimits.keyWaitersMax else { return nil }
            state.waiters.append(body)
            return true
        }
        if isWaiting == false { body() }
        return isWaiting != nil
    }

    private var now: UInt64 { clock.monotonicNanoseconds() / 1_000_000 }

    private func startFetch() {
        Task {
            do throws(KeyFetchError) {
                let document = try await fetch()
                guard let keys = document.withUnsafeBytes({ KeySet($0) }) else {
                    throw KeyFetchError("the answer is not a key set")
                }
                take(keys, document)
            } catch {
                let now = now
                observer(.keysNotFetched(error.reason))
                finish { $0.schedule.fetchFailed(at: now) }
            }
        }
    }

    private func take(_ keys: KeySet, _ document: [UInt8]) {
        let now = now
        var isChanged = false
        finish { state in
            state.schedule.fetched(at: now)
            guard state.document != document else { return }
            isChanged = true
            state.keys = keys
            state.document = document
            changes.add(1, ordering: .releasing)
        }
        if isChanged {
            observer(.keysChanged(count: keys.keys.count, dropped: keys.droppedCount))
        }
    }

    /// Ends the fetch that is under way and calls those who wait for it.
    private func finish(_ change: (inout State) -> Void) {
        let waiters = state.withLock { state in
            change(&state)
            let waiters = state.waiters
            state.waiters = []
            return waiters
        }
        for waiter in waiters { waiter() }
    }
}

/// Why keys could not be fetched; for the log.
struct KeyFetchError: Error {
    let reason: String

    init(_ reason: String) { self.reason = reason }
}
