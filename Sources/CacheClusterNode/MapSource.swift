package import CacheCluster

/// Where a node learns of the cluster's map, and how it wants it changed.
package protocol MapSource: Sendable {
    /// Calls `listener` with each map in force, in their order and one at a time, and `lease` with
    /// the monotonic nanosecond until which this node may take writes (`.max` for ever). Not on an
    /// event loop.
    func start(
        _ listener: @escaping @Sendable (ClusterMap) -> Void,
        lease: @escaping @Sendable (UInt64) -> Void)

    /// Wants changes; may be called again with the same.
    func propose(_ events: [ClusterEvent])

    /// Ends the node's membership. Waits until nothing is called any more.
    func stop()
}
