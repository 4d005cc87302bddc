internal import CacheBase

/// What a replica takes of a primary in one stream.
struct IncomingStream {
    var partitions: Set<Partition>
    var isCopy: Bool
    var isFollowing = false
    var bytes: UInt64 = 0
    /// When this node last asked how new it is, and whether it was answered.
    var marked: (moment: UInt64, isAnswered: Bool) = (0, true)
    /// Up to this change of what is followed, its leaderships were the newest.
    var generation: UInt64?

    init(partitions: Set<Partition>, isCopy: Bool) {
        self.partitions = partitions
        self.isCopy = isCopy
    }
}
