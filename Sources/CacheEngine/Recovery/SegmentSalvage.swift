internal import CacheBase
internal import CacheFiles
internal import CacheFormat

/// Makes a table of blocks for a segment whose own is damaged: goes over the file block by block,
/// and on to the next whole one where one is damaged.
///
/// Every entry gets a block. Those that are lost get one that fails its checksum, so that their keys
/// are answered by an error and not as if they had never been written.
struct SegmentSalvage {
    private(set) var table: [BlockReference] = []
    private(set) var lostEntries = 0
    private let id: SegmentID
    private let entries: Int
    private var firstOrdinal = 0

    /// - Parameter bytes: the segment's file, or what is left of it.
    init(_ bytes: UnsafeRawBufferPointer, id: SegmentID, entries: Int) {
        self.id = id
        self.entries = entries
        var offset = SegmentHead.bytes
        var damage: Int?
        while firstOrdinal < entries, offset + BlockHead.bytes <= bytes.count {
            guard let block = block(bytes, at: offset) else {
                damage = damage ?? offset
                offset += 8
                continue
            }
            lose(upTo: Int(block.firstOrdinal), at: damage ?? offset)
            damage = nil
            add(offset, entries: Int(block.entries))
            offset += aligned8(BlockHead.bytes + Int(block.storedBytes))
        }
        lose(upTo: entries, at: damage ?? offset)
    }

    /// The whole block at `offset`, if it is one of this segment that may come next.
    private func block(_ bytes: UnsafeRawBufferPointer, at offset: Int) -> BlockHead? {
        let rest = UnsafeRawBufferPointer(rebasing: bytes[offset...])
        guard let base = rest.baseAddress, base.u64(24) == id.rawValue,
            let block = BlockHead(verifying: rest), Int(block.firstOrdinal) >= firstOrdinal,
            Int(block.firstOrdinal) + Int(block.entries) <= entries
        else { return nil }
        return block
    }

    private mutating func add(_ offset: Int, entries: Int) {
        table.append(BlockReference(offset: UInt64(offset), firstOrdinal: UInt32(firstOrdinal)))
        firstOrdinal += entries
    }

    /// A location counts entries within a block up to its limit: so lost ones may need several.
    private mutating func lose(upTo ordinal: Int, at offset: Int) {
        while firstOrdinal < ordinal {
            let count = min(ordinal - firstOrdinal, BlockHead.entriesMax)
            lostEntries += count
            add(offset & ~7, entries: count)
        }
    }
}
