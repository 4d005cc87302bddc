package import CacheBase

/// What a frame of the log holds. The numbers are on disk and never change.
package enum FrameKind: UInt8, Sendable {
    /// Writes that are applied together or not at all: one, or a batch.
    case writes = 1
    /// The last frame of a log file that was closed before it was full.
    case end = 2
    /// Nothing but the claim that everything before it was durable; written by an orderly stop, so
    /// that damage to the last records is told from a torn tail.
    case mark = 3
    /// The writes of a transaction, behind a `TransactionHead`; none where it only read. The frame
    /// is the commit: whole, or the transaction never was.
    case commit = 4
    /// A `TransactionHead` alone: from here on transactions are numbered in its incarnation.
    case incarnation = 5
    /// From here on the partition's records are numbered on from this sequence: nothing, and the
    /// claim that its entries are those of that sequence. `LogFrame.noPosition` says that they are
    /// of none, because they are being replaced.
    case position = 6
}

/// What else a frame of writes says; the bits are on disk and never change.
package struct FrameFlags: OptionSet, Sendable {
    package let rawValue: UInt8

    @inlinable
    package init(rawValue: UInt8) { self.rawValue = rawValue }

    /// Of several partitions: the frame is the next record of each of them.
    package static let numbersEach = FrameFlags(rawValue: 1 << 0)
    /// Copies or clean-ups of a replica: a record of no partition.
    package static let isUnnumbered = FrameFlags(rawValue: 1 << 1)

    @usableFromInline static let knownBits: UInt8 = 3
}

/// The head of one frame of the log: 40 bytes, 8-byte aligned, followed by `payloadBytes`.
///
///     0  crc32c u32         over bytes 4..<40 after the payload: crc(payload) extended by these
///     4  payload bytes u32  without padding
///     8  LSN u64
///     16 predecessor u32    checksum of the frame before
///     20 durable lag u32    LSN minus the durable LSN when written, saturated
///     24 epoch u32
///     28 entries u16
///     30 kind u8
///     31 flags u8
///     32 partition and sequence u64: partition << 48 | sequence (48 bits)
///
/// The payload is summed first and the head last, so that the long part of the checksum is
/// computed before the log's lock is taken, and only 36 bytes of it inside.
package struct LogFrame: Sendable, Equatable {
    @inlinable package static var headBytes: Int { 40 }
    /// The sequence of a partition whose entries are those of no position.
    package static let noPosition: UInt64 = 1 << 48 - 1

    package var checksum: UInt32 = 0
    package var payloadBytes: UInt32
    package var lsn: LSN
    package var predecessor: UInt32
    package var durableLag: UInt32
    package var epoch: Epoch
    package var entries: UInt16
    package var kind: FrameKind
    package var partition: Partition
    package var sequence: UInt64
    package var flags: FrameFlags

    @inlinable
    package init(
        payloadBytes: UInt32, lsn: LSN, predecessor: UInt32, durableLag: UInt32, epoch: Epoch,
        entries: UInt16, kind: FrameKind, partition: Partition, sequence: UInt64,
        flags: FrameFlags = []
    ) {
        self.payloadBytes = payloadBytes
        self.lsn = lsn
        self.predecessor = predecessor
        self.durableLag = durableLag
        self.epoch = epoch
        self.entries = entries
        self.kind = kind
        self.partition = partition
        self.sequence = sequence
        self.flags = flags
    }

    /// Head, payload and padding.
    @inlinable package var frameBytes: Int { Self.headBytes + aligned8(Int(payloadBytes)) }

    /// The newest LSN that was durable when the frame was written.
    package var durableLSN: LSN {
        LSN(rawValue: lsn.rawValue &- min(lsn.rawValue, UInt64(durableLag)))
    }

    /// Writes the head before its payload and returns the checksum of the whole.
    @inlinable @inline(__always)
    package func write(to target: UnsafeMutableRawPointer, payloadChecksum: UInt32) -> UInt32 {
        target.put(payloadBytes, at: 4)
        target.put(lsn.rawValue, at: 8)
        target.put(predecessor, at: 16)
        target.put(durableLag, at: 20)
        target.put(epoch.rawValue, at: 24)
        target.put(entries, at: 28)
        target.put(UInt16(flags.rawValue) << 8 | UInt16(kind.rawValue), at: 30)
        target.put(UInt64(partition.rawValue) << 48 | sequence, at: 32)
        let checksum = CRC32C.extend(
            payloadChecksum, UnsafeRawBufferPointer(start: target + 4, count: Self.headBytes - 4))
        target.put(checksum, at: 0)
        return checksum
    }

    /// Reads and verifies the frame at the start of `bytes`; nil where there is no whole, valid one.
    /// - Parameter checksummed: false takes any content, to show that this is noticed.
    package init?(verifying bytes: UnsafeRawBufferPointer, checksummed: Bool = true) {
        guard bytes.count >= Self.headBytes, let base = bytes.baseAddress,
            let kind = FrameKind(rawValue: base.u8(30)),
            base.u8(31) & ~FrameFlags.knownBits == 0
        else { return nil }
        payloadBytes = base.u32(4)
        guard bytes.count - Self.headBytes >= Int(payloadBytes) else { return nil }
        checksum = base.u32(0)
        lsn = LSN(rawValue: base.u64(8))
        guard lsn.rawValue < Limits.numberCeiling else { return nil }
        predecessor = base.u32(16)
        durableLag = base.u32(20)
        epoch = Epoch(rawValue: base.u32(24))
        entries = base.u16(28)
        self.kind = kind
        partition = Partition(rawValue: UInt16(base.u64(32) >> 48))
        sequence = base.u64(32) & (1 << 48 - 1)
        flags = FrameFlags(rawValue: base.u8(31))
        let payload = UnsafeRawBufferPointer(
            start: base + Self.headBytes, count: Int(payloadBytes))
        let sum = CRC32C.extend(
            CRC32C.of(payload), UnsafeRawBufferPointer(start: base + 4, count: Self.headBytes - 4))
        guard sum == checksum || !checksummed else { return nil }
    }
}
