package import CacheBase

/// Where a block is and which entry is its first: 8 bytes in the footer's table.
package struct BlockReference: BitwiseCopyable, Sendable, Equatable {
    /// Offset in the file in units of 8 bytes.
    package var position: UInt32
    package var firstOrdinal: UInt32

    package init(offset: UInt64, firstOrdinal: UInt32) {
        position = UInt32(offset / 8)
        self.firstOrdinal = firstOrdinal
    }

    package var offset: UInt64 { UInt64(position) * 8 }
}

/// The end of a sealed segment file: the table of blocks, then 80 bytes of counts.
///
///     table  8 bytes a block: position u32 (offset / 8), first ordinal u32
///     0  magic "DCSSEG" and format version u16
///     8  table offset u64
///     16 blocks u32
///     20 entries u32
///     24 raw bytes u64        of all payloads
///     32 earliest expiry u64  0 where no entry expires
///     40 latest expiry u64    0 where one never does
///     48 first LSN u64
///     56 last LSN u64
///     64 segment id u64
///     72 table crc32c u32
///     76 crc32c u32           over bytes 0..<76
package struct SegmentFooter: Sendable, Equatable {
    package static let bytes = 80

    package var tableOffset: UInt64
    package var blocks: UInt32
    package var entries: UInt32
    package var rawBytes: UInt64
    package var earliestExpiry: Expiry
    package var latestExpiry: Expiry
    package var firstLSN: LSN
    package var lastLSN: LSN
    package var id: SegmentID
    private var tableChecksum: UInt32 = 0

    package init(
        tableOffset: UInt64, blocks: UInt32, entries: UInt32, rawBytes: UInt64,
        earliestExpiry: Expiry, latestExpiry: Expiry, firstLSN: LSN, lastLSN: LSN, id: SegmentID
    ) {
        self.tableOffset = tableOffset
        self.blocks = blocks
        self.entries = entries
        self.rawBytes = rawBytes
        self.earliestExpiry = earliestExpiry
        self.latestExpiry = latestExpiry
        self.firstLSN = firstLSN
        self.lastLSN = lastLSN
        self.id = id
    }

    /// Tells contents of a segment's number apart, as search files do.
    /// - Parameter created: of the segment's head.
    package func fingerprint(created: Timestamp) -> UInt32 {
        let figures = [
            tableOffset, UInt64(blocks), UInt64(entries), rawBytes, firstLSN.rawValue,
            lastLSN.rawValue, id.rawValue, created.rawValue,
        ]
        return figures.withUnsafeBytes { CRC32C.of($0) }
    }

    package var tableBytes: Int { Int(blocks) * 8 }
    /// The length of the whole segment file.
    package var fileBytes: UInt64 { tableOffset + UInt64(tableBytes + Self.bytes) }

    /// The table and the counts, as they end the file.
    package func encoded(table: [BlockReference]) -> [UInt8] {
        precondition(table.count == Int(blocks))
        let size = tableBytes + Self.bytes
        return [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            let start = UnsafeMutableRawPointer(buffer.baseAddress!)
            for (index, block) in table.enumerated() {
                start.put(block.position, at: index * 8)
                start.put(block.firstOrdinal, at: index * 8 + 4)
            }
            let tableSum = CRC32C.of(UnsafeRawBufferPointer(start: start, count: tableBytes))
            let base = start + tableBytes
            FormatMagic.segment.write(to: base)
            base.put(tableOffset, at: 8)
            base.put(blocks, at: 16)
            base.put(entries, at: 20)
            base.put(rawBytes, at: 24)
            base.put(earliestExpiry.rawValue, at: 32)
            base.put(latestExpiry.rawValue, at: 40)
            base.put(firstLSN.rawValue, at: 48)
            base.put(lastLSN.rawValue, at: 56)
            base.put(id.rawValue, at: 64)
            base.put(tableSum, at: 72)
            base.put(CRC32C.of(UnsafeRawBufferPointer(start: base, count: 76)), at: 76)
            count = size
        }
    }

    /// Reads the last 80 bytes of a file of `fileBytes`; nil where they are no whole footer.
    /// - Throws: `newerFormat`.
    package init?(
        verifying bytes: UnsafeRawBufferPointer, fileBytes: UInt64
    ) throws(StorageError) {
        guard bytes.count == Self.bytes, let base = bytes.baseAddress,
            try FormatMagic.segment.matches(base),
            CRC32C.of(UnsafeRawBufferPointer(start: base, count: 76)) == base.u32(76)
        else { return nil }
        tableOffset = base.u64(8)
        blocks = base.u32(16)
        entries = base.u32(20)
        rawBytes = base.u64(24)
        earliestExpiry = Expiry(rawValue: base.u64(32))
        latestExpiry = Expiry(rawValue: base.u64(40))
        firstLSN = LSN(rawValue: base.u64(48))
        lastLSN = LSN(rawValue: base.u64(56))
        id = SegmentID(rawValue: base.u64(64))
        tableChecksum = base.u32(72)
        guard tableOffset < fileBytes, self.fileBytes == fileBytes,
            entries <= UInt32(Limits.segmentEntriesMax)
        else { return nil }
    }

    /// The table of blocks; nil where it is damaged, or no table of such a segment.
    package func table(verifying bytes: UnsafeRawBufferPointer) -> [BlockReference]? {
        guard bytes.count == tableBytes, CRC32C.of(bytes) == tableChecksum else { return nil }
        let table = (0..<Int(blocks)).map { index in
            let base = bytes.baseAddress! + index * 8
            return BlockReference(
                offset: UInt64(base.u32(0)) * 8, firstOrdinal: base.u32(4))
        }
        return isOrdered(table) ? table : nil
    }

    /// Blocks follow each other up to the table, and each has some entries, as many as may be.
    private func isOrdered(_ table: [BlockReference]) -> Bool {
        guard let first = table.first, first.firstOrdinal == 0,
            first.offset == UInt64(SegmentHead.bytes)
        else { return false }
        for (index, block) in table.enumerated() {
            let isLast = index + 1 == table.count
            let end = isLast ? tableOffset : table[index + 1].offset
            let next = isLast ? entries : table[index + 1].firstOrdinal
            guard block.offset < end, block.firstOrdinal < next,
                next - block.firstOrdinal <= UInt32(BlockHead.entriesMax)
            else { return false }
        }
        return true
    }
}
