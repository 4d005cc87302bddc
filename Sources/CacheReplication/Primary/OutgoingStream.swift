package import CacheBase
internal import CacheEngine

/// What a primary sends to a replica in one stream.
///
/// Invariant: `ackedBytes` is at most `sentBytes`; entries come before records.
struct OutgoingStream {
    enum Phase {
        case copying(PartitionScan)
        case following(LogShipper)
    }

    let number: UInt32
    let partitions: Set<Partition>
    var phase: Phase
    /// Bytes of pages, packed.
    var sentBytes: UInt64 = 0
    var ackedBytes: UInt64 = 0
    /// The last position of the log that was told.
    var sentPosition = LSN.zero
    /// Up to here the replica has everything of the partitions.
    var acked = LSN.zero

    /// What the replica wants to be told once all up to a position is sent.
    var mark: (moment: UInt64, position: LSN)?

    /// More may be sent.
    var hasRoom: Bool { sentBytes - ackedBytes < UInt64(ReplicationLimits.windowBytes) }

    var isFollowing: Bool {
        if case .following = phase { true } else { false }
    }

    /// - Returns: false for what was never sent.
    mutating func note(applied position: LSN, bytes: UInt64) -> Bool {
        guard bytes <= sentBytes, bytes >= ackedBytes, position <= sentPosition else {
            return false
        }
        ackedBytes = bytes
        acked = max(acked, position)
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
