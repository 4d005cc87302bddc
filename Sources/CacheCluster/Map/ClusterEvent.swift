package import CacheBase

/// What happens to a cluster, as its controller hears of it.
package enum ClusterEvent: Sendable, Hashable {
    /// A node has a lease: a new one, or one that is back, perhaps elsewhere.
    case arrived(Member)
    /// A node's lease ended.
    case lost(NodeID)
    /// A node wants to go; it stays until it holds nothing.
    case leaving(NodeID)
    /// A lost node will not come back: others take its place.
    case removed(NodeID)
    /// The operator wants another number of copies.
    case copies(Int)
    /// A primary says that a learner has all that was acknowledged.
    case caughtUp(Partition, NodeID, Epoch)
    /// A primary says that a follower is too far behind to be waited for.
    case fellBehind(Partition, NodeID, Epoch)
    /// A primary has taken no more writes, and its successor has all of them.
    case handedOver(Partition, Epoch)
}
