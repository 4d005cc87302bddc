internal import CacheBase
internal import CacheCluster
internal import Synchronization

/// Changes of the map that a process wants, as `Membership` keeps them until they are written.
///
/// Invariant: no event twice; what is said of a partition was said of the state that it has in the
/// newest map that was read.
final class ProposalDesk: Sendable {
    private struct State {
        /// The newest map that was read, and the last that was acted on.
        var seen: ClusterMap?
        var taken: UInt64?
        var events: [ClusterEvent] = []
    }

    private let state = Mutex(State())

    var events: [ClusterEvent] { state.withLock { $0.events } }

    /// Takes in what is said of the map that was acted on, where that is the newest.
    func propose(_ events: [ClusterEvent]) {
        state.withLock { state in
            guard let seen = state.seen, seen.epoch == state.taken else { return }
            for event in events where !state.events.contains(event) { state.events.append(event) }
        }
    }

    /// A newer map was read: where some between were not, everything may have changed.
    func read(_ map: ClusterMap) {
        state.withLock { state in
            if let seen = state.seen {
                let isNext = map.epoch == seen.epoch + 1
                state.events.removeAll { event in
                    guard let partition = event.partition else { return false }
                    return !isNext || seen[partition] != map[partition]
                }
            }
            state.seen = map
        }
    }

    func actedOn(_ map: ClusterMap) { state.withLock { $0.taken = map.epoch } }

    func removeAll() { state.withLock { $0.events = [] } }
}

extension ClusterEvent {
    /// The partition of which something is said.
    fileprivate var partition: Partition? {
        switch self {
        case .arrived, .lost, .leaving, .removed, .copies: nil
        case .caughtUp(let partition, _, _), .fellBehind(let partition, _, _),
            .handedOver(let partition, _):
            partition
        }
    }
}
