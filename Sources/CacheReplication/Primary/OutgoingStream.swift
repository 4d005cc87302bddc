package import CacheBase
internal import CacheEngine

/// What a primary sends to a replica in one stream.
///
/// Invariants: `ackedBytes` is at most `sentBytes`, `ackedPosition` at most `sentPosition`, and that
/// at most `readPosition`; entries come before records.
struct OutgoingStream {
    enum Phase {
        case copying(PartitionScan)
        /// The entries are sent; the copy is whole with the records up to a position.
        case completing(LogShipper, until: LSN)
        case following(LogShipper)
    }

    let number: UInt32
    let partitions: Set<Partition>
    var phase: Phase
    /// Bytes of pages, packed.
    var sentBytes: UInt64 = 0
    var ackedBytes: UInt64 = 0
    /// The last position of the log that was told.
    private(set) var sentPosition = LSN.zero
    /// Up to here the log was read: behind `sentPosition` there was nothing of the partitions.
    private(set) var readPosition = LSN.zero
    private var ackedPosition = LSN.zero
    /// Somebody waits for what was written while a page was on its way.
    var isOwed = false

    /// What the replica wants to be told once all up to a position is sent.
    var mark: (moment: UInt64, position: LSN)?

    init(number: UInt32, partitions: Set<Partition>, phase: Phase) {
        self.number = number
        self.partitions = partitions
        self.phase = phase
    }

    /// Up to here the replica has everything of the partitions.
    var acked: LSN { isOnItsWay ? ackedPosition : max(ackedPosition, readPosition) }

    /// Something was sent that the replica has not acknowledged; or it has acknowledged nothing yet,
    /// and may not know what it is about to follow.
    var isOnItsWay: Bool {
        ackedBytes < sentBytes || ackedPosition < sentPosition || ackedPosition == .zero
    }

    /// More may be sent.
    var hasRoom: Bool { sentBytes - ackedBytes < UInt64(ReplicationLimits.windowBytes) }

    var isFollowing: Bool {
        if case .following = phase { true } else { false }
    }

    /// A page of records up to a position is sent.
    mutating func note(sent position: LSN, bytes: Int) {
        sentBytes += UInt64(bytes)
        (sentPosition, readPosition) = (position, position)
        isOwed = false
    }

    /// Up to a position the log holds nothing for the replica.
    /// - Returns: false where it is to be told all the same.
    mutating func passOver(_ position: LSN) -> Bool {
        guard ackedPosition > .zero else { return false }
        readPosition = position
        isOwed = false
        return true
    }

    /// - Returns: false for what was never sent.
    mutating func note(applied position: LSN, bytes: UInt64) -> Bool {
        guard bytes <= sentBytes, bytes >= ackedBytes, position <= sentPosition else {
            return false
        }
        ackedBytes = bytes
        ackedPosition = max(ackedPosition, position)
        return true
    }
}

/// How far a replica has come in one stream.
package struct StreamProgress: Sendable, Equatable {
    /// Of this stream and of no other, whatever link it is on.
    package var id: UInt64
    package var partitions: Set<Partition>
    /// All entries are there, and only records follow.
    package var isFollowing: Bool
    /// Of the primary's log.
    package var acked: LSN
    package var lagBytes: UInt64

    package init(
        id: UInt64, partitions: Set<Partition>, isFollowing: Bool, acked: LSN,
        lagBytes: UInt64 = 0
    ) {
        self.id = id
        self.partitions = partitions
        self.isFollowing = isFollowing
        self.acked = acked
        self.lagBytes = lagBytes
    }
}
