package import CacheBase
internal import CacheFormat

/// A whole entry, borrowed from the bytes it was read from.
package struct StoredEntry {
    package let key: UnsafeRawBufferPointer
    package let contentType: UnsafeRawBufferPointer
    package let value: UnsafeRawBufferPointer
    package let lsn: LSN
    package let expiry: Expiry
}

extension StoredEntry {
    /// Of a frame that was verified.
    init(_ entry: LogEntry) {
        key = entry.key
        contentType = entry.contentType
        value = entry.value
        lsn = entry.lsn
        expiry = entry.expiry
    }
}

/// A verified and decompressed block of a segment; valid until its scan goes on.
struct LoadedBlock {
    /// Of the block in its file.
    let offset: UInt64
    /// In the file, padding included.
    let bytes: Int
    let head: BlockHead
    let raw: UnsafeRawBufferPointer

    var ordinals: Range<Int> {
        Int(head.firstOrdinal)..<(Int(head.firstOrdinal) + Int(head.entries))
    }

    var entries: BlockEntries { BlockEntries(self) }
}

/// Walks the entries of a block. Ends early where the directory makes no sense.
struct BlockEntries {
    private var reader: BlockDirectoryReader
    private let raw: UnsafeRawBufferPointer
    /// Entries passed, and where the last one ended in the raw bytes.
    private(set) var passed = 0
    private(set) var end: Int

    init(_ block: LoadedBlock) {
        raw = block.raw
        end = Int(block.head.directoryBytes)
        reader = BlockDirectoryReader(
            block.head, directory: UnsafeRawBufferPointer(rebasing: block.raw[..<end]))
    }

    mutating func next() -> StoredEntry? {
        guard let entry = reader.next(), let base = raw.baseAddress else { return nil }
        passed += 1
        end = entry.offset + entry.keyBytes + entry.typeBytes + entry.valueBytes
        let key = base + entry.offset
        let type = key + entry.keyBytes
        return StoredEntry(
            key: UnsafeRawBufferPointer(start: key, count: entry.keyBytes),
            contentType: UnsafeRawBufferPointer(start: type, count: entry.typeBytes),
            value: UnsafeRawBufferPointer(start: type + entry.typeBytes, count: entry.valueBytes),
            lsn: entry.lsn, expiry: entry.expiry)
    }
}
