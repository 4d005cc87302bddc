package import CacheBase

/// The head of one block of a segment: 40 bytes, 8-byte aligned, followed by the stored payload.
///
///     0  crc32c u32          over bytes 4..<40 and the stored payload
///     4  stored bytes u32
///     8  raw bytes u32       of the payload once decompressed: directory, then contents
///     12 entries u16
///     14 codec u8
///     15 flags u8            0
///     16 directory bytes u32
///     20 first ordinal u32   of the block's first entry in the segment
///     24 segment id u64      so that a read that was sent to the wrong place is noticed
///     32 base LSN u64        of the block's first entry
package struct BlockHead: Sendable, Equatable {
    package static let bytes = 40
    /// The location of an entry has twelve bits for its slot.
    package static let entriesMax = 4096

    package var storedBytes: UInt32
    package var rawBytes: UInt32
    package var entries: UInt16
    package var codec: Codec
    package var directoryBytes: UInt32
    package var firstOrdinal: UInt32
    package var segment: SegmentID
    package var baseLSN: LSN

    package init(
        storedBytes: UInt32, rawBytes: UInt32, entries: UInt16, codec: Codec,
        directoryBytes: UInt32, firstOrdinal: UInt32, segment: SegmentID, baseLSN: LSN
    ) {
        self.storedBytes = storedBytes
        self.rawBytes = rawBytes
        self.entries = entries
        self.codec = codec
        self.directoryBytes = directoryBytes
        self.firstOrdinal = firstOrdinal
        self.segment = segment
        self.baseLSN = baseLSN
    }

    /// Writes the head in front of its stored payload, which is in place already.
    package func seal(at target: UnsafeMutableRawPointer) {
        target.put(storedBytes, at: 4)
        target.put(rawBytes, at: 8)
        target.put(entries, at: 12)
        target.put(UInt16(codec.rawValue), at: 14)
        target.put(directoryBytes, at: 16)
        target.put(firstOrdinal, at: 20)
        target.put(segment.rawValue, at: 24)
        target.put(baseLSN.rawValue, at: 32)
        let summed = UnsafeRawBufferPointer(
            start: target + 4, count: Self.bytes - 4 + Int(storedBytes))
        target.put(CRC32C.of(summed), at: 0)
    }

    /// Reads and verifies the block at the start of `bytes`; nil where it is cut or damaged.
    /// - Parameter checksummed: false takes any content, to show that this is noticed.
    package init?(verifying bytes: UnsafeRawBufferPointer, checksummed: Bool = true) {
        guard bytes.count >= Self.bytes, let base = bytes.baseAddress,
            let codec = Codec(rawValue: base.u8(14)), base.u8(15) == 0
        else { return nil }
        storedBytes = base.u32(4)
        rawBytes = base.u32(8)
        entries = base.u16(12)
        self.codec = codec
        directoryBytes = base.u32(16)
        firstOrdinal = base.u32(20)
        segment = SegmentID(rawValue: base.u64(24))
        baseLSN = LSN(rawValue: base.u64(32))
        guard bytes.count - Self.bytes >= Int(storedBytes),
            entries > 0, Int(entries) <= Self.entriesMax, directoryBytes <= rawBytes,
            Int(firstOrdinal) + Int(entries) <= Limits.segmentEntriesMax,
            rawBytes <= UInt32(Limits.recordPayloadBytesMax),
            !checksummed
                || CRC32C.of(
                    UnsafeRawBufferPointer(
                        start: base + 4, count: Self.bytes - 4 + Int(storedBytes)))
                    == base.u32(0)
        else { return nil }
    }
}
