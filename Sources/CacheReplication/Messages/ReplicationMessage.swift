package import CacheBase

/// A partition as its replica has it.
package struct ReplicaPosition: Sendable, Equatable {
    package var partition: Partition
    /// The leadership that the replica takes records of.
    package var epoch: Epoch
    /// The newest record that the replica has, and its leadership.
    package var sequence: UInt64
    package var writtenIn: Epoch

    package init(partition: Partition, epoch: Epoch, sequence: UInt64, writtenIn: Epoch) {
        self.partition = partition
        self.epoch = epoch
        self.sequence = sequence
        self.writtenIn = writtenIn
    }
}

/// A partition as its primary has it, for who takes it over as it is there.
package struct PartitionOrigin: Sendable, Equatable {
    package var partition: Partition
    package var sequence: UInt64
    package var lineage: Lineage

    package init(partition: Partition, sequence: UInt64, lineage: Lineage) {
        self.partition = partition
        self.sequence = sequence
        self.lineage = lineage
    }
}

/// Entries or records, as they travel: compressed where that makes them smaller.
package struct PackedPage: Sendable, Equatable {
    package var rawBytes: Int
    package var isCompressed: Bool
    package var bytes: [UInt8]

    package init(rawBytes: Int, isCompressed: Bool, bytes: [UInt8]) {
        self.rawBytes = rawBytes
        self.isCompressed = isCompressed
        self.bytes = bytes
    }
}

/// What a replica and its primary say to each other. A stream carries some partitions from one to
/// the other; the replica numbers it.
package enum ReplicationMessage: Sendable, Equatable {
    // From the replica.

    /// Asks for the records behind these.
    case follow(stream: UInt32, [ReplicaPosition])
    /// Asks for all entries of these, which it has none of, and for the records behind them.
    case copy(stream: UInt32, [ReplicaPosition])
    /// Everything up to `position` of the primary's log is applied; `bytes` of pages have come.
    case applied(stream: UInt32, position: LSN, bytes: UInt64)
    case cancel(stream: UInt32)
    /// Asks to be told when everything that the primary has by now is on its way; `moment` is the
    /// replica's own.
    case mark(stream: UInt32, moment: UInt64)

    // From the primary.

    /// What the stream carries; the others need a copy, or are not led here.
    case accepted(
        stream: UInt32, [PartitionOrigin], needCopy: [Partition], refused: [Partition])
    /// Records up to a position of the primary's log.
    case records(stream: UInt32, position: LSN, PackedPage)
    /// Entries of partitions that are being copied.
    case entries(stream: UInt32, PackedPage)
    /// The entries were all, with those of the records that came before this: they are those of
    /// these records.
    case copied(stream: UInt32, [PartitionOrigin])
    /// Everything that a primary with a valid lease had when it heard of the mark has been sent.
    case marked(stream: UInt32, moment: UInt64)
    /// The stream has ended: the log does not hold what follows.
    case ended(stream: UInt32)
}
