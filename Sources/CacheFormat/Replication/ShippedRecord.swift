package import CacheBase

/// A record of one partition on its way to a replica: 24 bytes of head, then its entries as a log
/// frame holds them, but for their offsets in the frame, which the receiver gives anew.
///
///     0  partition u16
///     2  entries u16
///     4  payload bytes u32    a multiple of 8
///     8  sequence u64         48 bits; bit 63: the record after it belongs to the same step
///     16 epoch u32
///     20 reserved u32         0
///
/// Records of one step are applied together or not at all: a batch or a transaction that wrote to
/// several partitions.
package struct ShippedRecord: Sendable, Equatable {
    package static let headBytes = 24
    private static let goesOnBit: UInt64 = 1 << 63

    package var partition: Partition
    package var entries: UInt16
    package var payloadBytes: Int
    package var sequence: UInt64
    package var epoch: Epoch
    /// The record after it belongs to the same step.
    package var goesOn: Bool

    package init(
        partition: Partition, entries: UInt16, payloadBytes: Int, sequence: UInt64, epoch: Epoch,
        goesOn: Bool
    ) {
        self.partition = partition
        self.entries = entries
        self.payloadBytes = payloadBytes
        self.sequence = sequence
        self.epoch = epoch
        self.goesOn = goesOn
    }

    /// Appends the head; the payload follows it.
    package func append(to bytes: inout [UInt8]) {
        let start = bytes.count
        bytes.append(contentsOf: repeatElement(0, count: Self.headBytes))
        bytes.withUnsafeMutableBytes { raw in
            let head = raw.baseAddress.unsafelyUnwrapped + start
            head.put(partition.rawValue, at: 0)
            head.put(entries, at: 2)
            head.put(UInt32(truncatingIfNeeded: payloadBytes), at: 4)
            head.put(sequence | (goesOn ? Self.goesOnBit : 0), at: 8)
            head.put(epoch.rawValue, at: 16)
        }
    }

    /// Reads the record at the start of bytes that may be hostile; nil where none is whole.
    package init?(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count >= Self.headBytes, let base = bytes.baseAddress, base.u32(20) == 0 else {
            return nil
        }
        partition = Partition(rawValue: base.u16(0))
        entries = base.u16(2)
        payloadBytes = Int(base.u32(4))
        let word = base.u64(8)
        sequence = word & ~Self.goesOnBit
        goesOn = word & Self.goesOnBit != 0
        epoch = Epoch(rawValue: base.u32(16))
        guard partition.rawValue < UInt16(Limits.partitions), sequence < LogFrame.noPosition,
            sequence > 0, payloadBytes % 8 == 0, bytes.count - Self.headBytes >= payloadBytes
        else { return nil }
    }

    /// Head and payload.
    package var bytes: Int { Self.headBytes + payloadBytes }
}
