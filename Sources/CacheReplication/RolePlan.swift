internal import CacheBase
internal import CacheCluster

/// What a map makes of one node.
struct RolePlan {
    /// Partitions whose writes it takes, and in which leadership.
    var leading: [Partition: Epoch] = [:]
    /// Those, and the ones that it hands over: it takes no writes of them and ships its records.
    var shipping: [Partition: Epoch] = [:]
    /// Partitions that it is to have a copy of, by their primary.
    var following: [NodeID: [Partition: Epoch]] = [:]

    init(_ map: ClusterMap, _ me: NodeID) {
        for (number, state) in map.partitions.enumerated() {
            let partition = Partition(rawValue: UInt16(number))
            guard let primary = state.primary else { continue }
            if primary == me {
                shipping[partition] = state.epoch
                if state.successor == nil { leading[partition] = state.epoch }
            } else if state.involves(me) {
                following[primary, default: [:]][partition] = state.epoch
            }
        }
    }
}
