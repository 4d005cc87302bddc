internal import CacheBase
internal import CacheFiles
internal import CacheFormat

/// Reads the blocks of a segment in order, in large pieces, and tells whole ones from damage.
///
/// After a damaged block it goes on at the next one: where the table says it is, or, without a
/// table, at the next place where a whole block begins.
///
/// Invariant: everything before `offset` was given out, as a block or as damage.
final class BlockScan {
    enum Step {
        case block(LoadedBlock)
        /// A range of the file that holds no whole block, and the ordinals it held where known.
        case damage(Range<UInt64>, ordinals: Range<Int>?)
    }

    private let segment: SegmentFile
    private let window: FileWindow
    private let decompressor = Decompressor()
    private var raw = UnsafeMutableRawBufferPointer(start: nil, count: 0)
    private var offset = UInt64(SegmentHead.bytes)
    private var nextOrdinal = 0
    /// The entry of the table that `offset` has got to.
    private var tableIndex = 0

    init(_ segment: SegmentFile) {
        self.segment = segment
        window = FileWindow(segment.file, fileBytes: segment.bytes)
    }

    deinit { raw.deallocate() }

    /// The next block or damage; nil after the last.
    /// - Throws: `io`.
    func next() throws(StorageError) -> Step? {
        guard offset < segment.blocksEnd else { return nil }
        if let block = try block(at: offset, first: nextOrdinal) {
            pass(block)
            return .block(block)
        }
        return try skipDamage()
    }

    /// One block at a place that the table names, for a read of one entry.
    func block(_ index: Int) throws(StorageError) -> LoadedBlock? {
        guard let table = segment.table, table.indices.contains(index) else { return nil }
        return try block(at: table[index].offset, first: Int(table[index].firstOrdinal))
    }

    private func pass(_ block: LoadedBlock) {
        offset = block.offset + UInt64(block.bytes)
        nextOrdinal = block.ordinals.upperBound
        if let table = segment.table {
            while tableIndex < table.count, table[tableIndex].offset < offset { tableIndex += 1 }
        }
    }

    /// The whole block at `offset`; nil where there is none.
    private func block(at offset: UInt64, first: Int?) throws(StorageError) -> LoadedBlock? {
        guard let peek = try window.bytes(at: offset, count: BlockHead.bytes),
            let stored = peek.baseAddress?.u32(4)
        else { return nil }
        let bytes = aligned8(BlockHead.bytes + Int(stored))
        guard offset + UInt64(bytes) <= segment.blocksEnd,
            let whole = try window.bytes(at: offset, count: bytes),
            let head = BlockHead(verifying: whole), head.segment == segment.id,
            first == nil || first == Int(head.firstOrdinal),
            whole[(BlockHead.bytes + Int(head.storedBytes))...].allSatisfy({ $0 == 0 })
        else { return nil }
        let payload = UnsafeRawBufferPointer(
            rebasing: whole[BlockHead.bytes..<(BlockHead.bytes + Int(head.storedBytes))])
        guard let raw = decompressed(payload, head) else { return nil }
        return LoadedBlock(offset: offset, bytes: bytes, head: head, raw: raw)
    }

    private func decompressed(
        _ payload: UnsafeRawBufferPointer, _ head: BlockHead
    ) -> UnsafeRawBufferPointer? {
        let count = Int(head.rawBytes)
        if head.codec == .raw { return payload.count == count ? payload : nil }
        if raw.count < count {
            raw.deallocate()
            raw = .allocate(byteCount: max(count, 64 << 10), alignment: 64)
        }
        let room = UnsafeMutableRawBufferPointer(rebasing: raw[..<count])
        guard
            decompressor.decompress(payload, into: room, wanted: count, codec: head.codec)
        else { return nil }
        return UnsafeRawBufferPointer(room)
    }

    private func skipDamage() throws(StorageError) -> Step {
        let start = offset
        let firstOrdinal = nextOrdinal
        guard let (next, ordinal) = try resumption() else {
            offset = segment.blocksEnd
            let last = segment.footer.map { Int($0.entries) }
            return .damage(start..<offset, ordinals: last.flatMap { Self.range(firstOrdinal, $0) })
        }
        offset = next
        nextOrdinal = ordinal
        return .damage(start..<offset, ordinals: Self.range(firstOrdinal, ordinal))
    }

    private static func range(_ first: Int, _ end: Int) -> Range<Int>? {
        end > first ? first..<end : nil
    }

    /// Where the scan goes on behind damage.
    private func resumption() throws(StorageError) -> (offset: UInt64, ordinal: Int)? {
        if let table = segment.table {
            while tableIndex < table.count, table[tableIndex].offset <= offset { tableIndex += 1 }
            guard tableIndex < table.count else { return nil }
            return (table[tableIndex].offset, Int(table[tableIndex].firstOrdinal))
        }
        // Blocks begin at multiples of eight.
        var place = offset + 8
        while place + UInt64(BlockHead.bytes) <= segment.blocksEnd {
            if try looksLikeBlock(at: place), let found = try block(at: place, first: nil),
                found.ordinals.lowerBound >= nextOrdinal
            {
                return (place, found.ordinals.lowerBound)
            }
            place += 8
        }
        return nil
    }

    private func looksLikeBlock(at place: UInt64) throws(StorageError) -> Bool {
        guard let bytes = try window.bytes(at: place, count: BlockHead.bytes),
            let base = bytes.baseAddress
        else { return false }
        return base.u64(24) == segment.id.rawValue && base.u8(15) == 0
    }
}
