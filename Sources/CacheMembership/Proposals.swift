internal import CacheBase
internal import CacheCluster

/// Changes of the map that wait for its next epoch, in the order in which they came.
///
/// Invariants: no event twice; at most `MembershipLimits.proposalsMax`.
struct Proposals: Sendable {
    private(set) var events: [ClusterEvent] = []
    private var known: Set<ClusterEvent> = []

    /// - Returns: false where too many wait; what waits already is not taken twice.
    mutating func add(_ event: ClusterEvent) -> Bool {
        if known.contains(event) { return true }
        guard events.count < MembershipLimits.proposalsMax else { return false }
        known.insert(event)
        events.append(event)
        return true
    }

    mutating func removeAll() { self = Proposals() }

    /// What was said of a partition counts for the state of which it was said; and where maps were
    /// missed, a state that is the same may be another: a follower was lost and is back, say.
    mutating func forget(_ before: ClusterMap?, _ after: ClusterMap) {
        guard let before, !events.isEmpty else { return }
        let isNext = after.epoch == before.epoch + 1
        events.removeAll { event in
            guard let partition = event.partition else { return false }
            return !isNext || before[partition] != after[partition]
        }
        known = Set(events)
    }
}

extension ClusterEvent {
    /// The partition of which something is said; nil where it is of a node or of the cluster.
    fileprivate var partition: Partition? {
        switch self {
        case .arrived, .lost, .leaving, .removed, .copies: nil
        case .caughtUp(let partition, _, _), .fellBehind(let partition, _, _),
            .handedOver(let partition, _):
            partition
        }
    }
}
