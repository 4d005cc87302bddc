internal import CacheBase
internal import CacheFiles
internal import CacheFormat

/// A block of a segment in memory, verified: its stored bytes, and as many raw ones as were asked.
struct LoadedBlock {
    let head: BlockHead
    private let stored: UnsafeRawBufferPointer
    private let scratch: ReadScratch
    private let segment: Segment

    /// Reads and verifies block `index`.
    /// - Returns: nil where it would have to wait for the disk and may not.
    /// - Throws: `corruption`, `io`.
    init?(
        _ segment: Segment, block index: Int, scratch: ReadScratch, mayBlock: Bool
    ) throws(StorageError) {
        let extent = segment.extent(ofBlock: index)
        let room = scratch.storedRoom(extent.bytes)
        let count: Int
        if mayBlock {
            count = try segment.file.read(into: room, at: extent.offset)
        } else {
            guard let cached = try segment.file.readCached(into: room, at: extent.offset) else {
                return nil
            }
            count = cached
        }
        let bytes = UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(room)[..<count])
        guard let head = BlockHead(verifying: bytes, checksummed: segment.checksummed),
            head.segment == segment.id,
            Int(head.firstOrdinal) == segment.firstOrdinal(ofBlock: index),
            Int(head.firstOrdinal) + Int(head.entries) == segment.firstOrdinal(ofBlock: index + 1)
        else { throw Self.damage(segment, extent.offset) }
        self.head = head
        self.scratch = scratch
        self.segment = segment
        let payload = BlockHead.bytes..<(BlockHead.bytes + Int(head.storedBytes))
        stored = UnsafeRawBufferPointer(rebasing: bytes[payload])
        offset = extent.offset
    }

    private let offset: UInt64

    private static func damage(_ segment: Segment, _ offset: UInt64) -> StorageError {
        StorageError(
            .corruption, "a block fails its checksum", file: segment.file.path, offset: offset)
    }

    /// The block's first `wanted` raw bytes at least, in a buffer of all of them.
    func raw(_ wanted: Int) throws(StorageError) -> UnsafeRawBufferPointer {
        if head.codec == .raw {
            guard stored.count == Int(head.rawBytes) else { throw Self.damage(segment, offset) }
            return stored
        }
        let room = scratch.rawRoom(Int(head.rawBytes))
        guard scratch.decompressor.decompress(stored, into: room, wanted: wanted, codec: head.codec)
        else {
            throw Self.damage(segment, offset)
        }
        return UnsafeRawBufferPointer(room)
    }

    /// The entry at `position` of the block; decompresses no more than it needs.
    func entry(_ position: Int) throws(StorageError) -> EntryContent {
        guard position < Int(head.entries) else { throw Self.damage(segment, offset) }
        let guess = likelyEnd(of: position)
        let first = try raw(guess)
        var reader = BlockDirectoryReader(head, directory: directory(first))
        var found: BlockEntry?
        for _ in 0...position {
            found = reader.next()
            if found == nil { throw Self.damage(segment, offset) }
        }
        let entry = found.unsafelyUnwrapped
        return content(entry, entry.end <= guess ? first : try raw(entry.end))
    }

    /// Where an entry would end if all were of one size, and a little more: mostly enough, so that
    /// directory and entry come out of one pass.
    private func likelyEnd(of position: Int) -> Int {
        let contents = Int(head.rawBytes) - Int(head.directoryBytes)
        let share = contents * (position + 1) / Int(head.entries)
        return min(Int(head.rawBytes), Int(head.directoryBytes) + share + share / 8 + 64)
    }

    /// Calls `body` with every entry in order.
    func forEach(
        _ body: (Int, EntryContent) throws(StorageError) -> Void
    ) throws(StorageError) {
        let bytes = try raw(Int(head.rawBytes))
        var reader = BlockDirectoryReader(head, directory: directory(bytes))
        for position in 0..<Int(head.entries) {
            guard let entry = reader.next() else { throw Self.damage(segment, offset) }
            try body(position, content(entry, bytes))
        }
    }

    private func directory(_ raw: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: raw[..<Int(head.directoryBytes)])
    }

    private func content(_ entry: BlockEntry, _ raw: UnsafeRawBufferPointer) -> EntryContent {
        let typeStart = entry.offset + entry.keyBytes
        let valueStart = typeStart + entry.typeBytes
        return EntryContent(
            key: UnsafeRawBufferPointer(rebasing: raw[entry.offset..<typeStart]),
            contentType: UnsafeRawBufferPointer(rebasing: raw[typeStart..<valueStart]),
            value: UnsafeRawBufferPointer(rebasing: raw[valueStart..<entry.end]),
            lsn: entry.lsn, expiry: entry.expiry)
    }
}
