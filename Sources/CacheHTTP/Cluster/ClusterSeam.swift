package import CacheBase
package import CacheNode
package import NIOCore

/// What the data plane needs of the cluster that its node is in.
package struct ClusterSeam: Sendable {
    package typealias Open =
        @Sendable (
            RoutingTable, UInt16, any EventLoop,
            @escaping @Sendable (any Channel) -> EventLoopFuture<Void>
        ) -> EventLoopFuture<any Channel>

    /// This node's name.
    package var name: String
    /// Tells this store's entity tags from those of the other nodes, whose versions are other numbers:
    /// 9 characters at most.
    package var tagMark: String
    package var router: PartitionRouter
    /// Opens a connection for forwarded requests to the node at a place of the table, with handlers
    /// that the closure puts on it.
    package var open: Open
    /// Milliseconds by which this node's copy of what another leads may be behind; nil where nobody
    /// knows.
    package var copyAge: @Sendable (Partition) -> UInt64?
    /// Somebody waits for copies of what was just written.
    package var copiesWanted: @Sendable () -> Void

    package init(
        name: String, tagMark: String, router: PartitionRouter,
        open: @escaping Open, copyAge: @escaping @Sendable (Partition) -> UInt64?,
        copiesWanted: @escaping @Sendable () -> Void
    ) {
        self.name = name
        self.tagMark = tagMark
        self.router = router
        self.open = open
        self.copyAge = copyAge
        self.copiesWanted = copiesWanted
    }
}
