package import CacheCluster

/// Whom a runner tells what happens; each is short, since the runner waits for it.
package struct MembershipHandlers: Sendable {
    /// Each map that this node sees, in the order of their epochs; maps between two may be missing.
    /// `ClusterStanding` says the same by then.
    package var mapChanged: @Sendable (ClusterMap) -> Void
    /// Until when this node may write now, in nanoseconds of its monotonic clock; 0 where it may
    /// not. A later time is told after the map that was seen with it, an earlier one before.
    package var writableUntilChanged: @Sendable (UInt64) -> Void
    /// A request to the store failed; another follows by itself.
    package var requestFailed: @Sendable (any Error) -> Void
    /// The store contradicts what it said before; this node writes no more until it is restarted.
    package var faulted: @Sendable (MembershipFault) -> Void

    package init(
        mapChanged: @escaping @Sendable (ClusterMap) -> Void = { _ in },
        writableUntilChanged: @escaping @Sendable (UInt64) -> Void = { _ in },
        requestFailed: @escaping @Sendable (any Error) -> Void = { _ in },
        faulted: @escaping @Sendable (MembershipFault) -> Void = { _ in }
    ) {
        self.mapChanged = mapChanged
        self.writableUntilChanged = writableUntilChanged
        self.requestFailed = requestFailed
        self.faulted = faulted
    }
}
