internal import CacheBase

/// Decides when a node is dialed again: soon at first, then ever later, never all nodes at once.
///
/// The times double from `PeerLimits.retryMillisecondsMin` to `retryMillisecondsMax`, and each is
/// drawn from its upper half. A link that has lived for `settledMilliseconds` begins them anew.
///
/// Invariant: at most one attempt, one wait or one link is there at a time.
package struct PeerReconnector: Sendable {
    /// What the owner does next.
    package enum Action: Sendable, Equatable {
        case nothing
        case dial
        /// Call `waited` after so long.
        case wait(milliseconds: Int64)
        /// Close the link.
        case close
    }

    private enum State: Sendable { case idle, dialing, waiting, linked }

    private var state = State.idle
    private var isWanted = false
    /// Since the last good link.
    private var failures = 0

    package init() {}

    /// The node is wanted.
    package mutating func start() -> Action {
        isWanted = true
        switch state {
        case .idle:
            state = .dialing
            return .dial
        case .dialing, .waiting, .linked: return .nothing
        }
    }

    /// The node is not wanted any more. A link that an attempt still brings is closed.
    package mutating func stop() -> Action {
        isWanted = false
        switch state {
        case .linked: return .close
        case .waiting:
            state = .idle
            return .nothing
        case .idle, .dialing: return .nothing
        }
    }

    /// The attempt has brought a link.
    package mutating func linked() -> Action {
        precondition(state == .dialing, "a link that nobody dialed")
        state = .linked
        return isWanted ? .nothing : .close
    }

    /// The attempt has failed.
    package mutating func failed(_ randomness: inout some RandomNumberGenerator) -> Action {
        precondition(state == .dialing, "a failure without an attempt")
        return wait(&randomness)
    }

    /// The link has ended, having lived so long.
    package mutating func ended(
        afterMilliseconds life: Int64, _ randomness: inout some RandomNumberGenerator
    ) -> Action {
        precondition(state == .linked, "the end of no link")
        if life >= PeerLimits.settledMilliseconds { failures = 0 }
        return wait(&randomness)
    }

    /// The wait is over. One that is not waited for any more changes nothing.
    package mutating func waited() -> Action {
        guard state == .waiting else { return .nothing }
        state = .dialing
        return .dial
    }

    private mutating func wait(_ randomness: inout some RandomNumberGenerator) -> Action {
        guard isWanted else {
            state = .idle
            return .nothing
        }
        state = .waiting
        // After 16 doublings the bound has long been reached.
        let step = PeerLimits.retryMillisecondsMin << Int64(min(failures, 16))
        failures += 1
        let longest = min(step, PeerLimits.retryMillisecondsMax)
        return .wait(milliseconds: longest / 2 + Int64(randomness.below(Int(longest / 2) + 1)))
    }
}
