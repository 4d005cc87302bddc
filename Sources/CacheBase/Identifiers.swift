/// The number of a record in this node's log.
///
/// Invariant: strictly increasing along the log, never reused, also across restarts. It is the
/// version of an entry: what `ETag` and `DCS-LSN` show.
@frozen
package struct LSN: RawRepresentable, Hashable, Comparable, Sendable {
    package var rawValue: UInt64

    @inlinable
    package init(rawValue: UInt64) { self.rawValue = rawValue }

    /// Before the first record.
    @inlinable
    package static var zero: LSN { LSN(rawValue: 0) }

    @inlinable
    package var next: LSN { LSN(rawValue: rawValue + 1) }

    @inlinable
    package static func < (left: LSN, right: LSN) -> Bool { left.rawValue < right.rawValue }
}

/// A segment file's number: given once, never reused in a data folder.
@frozen
package struct SegmentID: RawRepresentable, Hashable, Comparable, Sendable {
    package var rawValue: UInt64

    @inlinable
    package init(rawValue: UInt64) { self.rawValue = rawValue }

    @inlinable
    package static func < (left: SegmentID, right: SegmentID) -> Bool {
        left.rawValue < right.rawValue
    }
}

/// One of the fixed parts of the key space (`Limits.partitions`); the same on every node.
@frozen
package struct Partition: RawRepresentable, Hashable, Sendable {
    package var rawValue: UInt16

    @inlinable
    package init(rawValue: UInt16) { self.rawValue = rawValue }

    /// Of a record that writes keys of several partitions; one past the last real one.
    package static let several = Partition(rawValue: UInt16(Limits.partitions))

    /// The partition of a key, from its CRC32C.
    @inlinable
    package init(keyChecksum: UInt32) {
        // Fibonacci hashing spreads the checksum; the top ten bits are the partition.
        rawValue = UInt16(truncatingIfNeeded: (keyChecksum &* 0x9E37_79B1) >> 22)
    }
}

/// The number of a transaction: which life of the process started it, and which one it was there.
///
/// Given once in a data folder, never reused: an incarnation is durable before its first number is
/// given out.
@frozen
package struct TransactionNumber: RawRepresentable, Hashable, Comparable, Sendable {
    /// Incarnation 24 bits, sequence 40 bits.
    package var rawValue: UInt64

    /// Sequences of one incarnation: 2^40, more than a process can start.
    @inlinable package static var sequenceBits: UInt64 { 40 }
    /// Incarnations of a data folder: 2^24 starts of a process that used transactions.
    @inlinable package static var incarnationMax: UInt32 { 1 << 24 - 1 }

    @inlinable
    package init(rawValue: UInt64) { self.rawValue = rawValue }

    @inlinable
    package init(incarnation: UInt32, sequence: UInt64) {
        rawValue = UInt64(incarnation) << Self.sequenceBits | sequence
    }

    @inlinable
    package var incarnation: UInt32 { UInt32(truncatingIfNeeded: rawValue >> Self.sequenceBits) }

    @inlinable
    package var sequence: UInt64 { rawValue & (1 << Self.sequenceBits - 1) }

    @inlinable
    package static func < (left: TransactionNumber, right: TransactionNumber) -> Bool {
        left.rawValue < right.rawValue
    }
}

/// The number of a leadership; a frame of a lower one is refused.
@frozen
package struct Epoch: RawRepresentable, Hashable, Comparable, Sendable {
    package var rawValue: UInt32

    @inlinable
    package init(rawValue: UInt32) { self.rawValue = rawValue }

    @inlinable
    package static func < (left: Epoch, right: Epoch) -> Bool { left.rawValue < right.rawValue }
}
