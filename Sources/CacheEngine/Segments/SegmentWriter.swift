internal import CacheBase
internal import CacheFiles
internal import CacheFormat

/// Writes one segment and its hint file, and remembers where each entry came from.
///
/// Invariant: `origins`, `hints` and the entries added are parallel; a block is finished before a
/// value that does not fit it, so that a large value has a block of its own.
struct SegmentWriter {
    /// A block is finished at the first size once it has so many entries, at the second anyway:
    /// small entries make small blocks, which a read decodes fast; larger ones share a block that
    /// is large enough to compress well.
    static let blockBytesMin = 2 << 10
    static let blockEntries = 16
    static let blockBytesMax = 16 << 10
    /// Output is written in pieces of about this size.
    private static let pieceBytes = 1 << 20
    /// A location has sixteen bits for the block.
    static let blocksMax = 1 << 16

    /// Where an entry was before.
    struct Origin: Sendable {
        let hash: UInt64
        let location: Location
        let lsn: LSN
    }

    let head: SegmentHead
    private let file: any File
    private let layout: StoreLayout
    private let files: any FileSystem
    private let compressor: Compressor
    private let thorough: Bool
    private var builder = BlockBuilder()
    private var output: [UInt8]
    private var written: UInt64 = 0
    private var table: [BlockReference] = []
    private(set) var origins: [Origin] = []
    private var hints: [HintEntry] = []
    private(set) var rawBytes: UInt64 = 0
    private var earliestExpiry = UInt64.max
    private var latestExpiry: UInt64 = 0
    private var expiresNever = false
    private var firstLSN = UInt64.max
    private var lastLSN: UInt64 = 0

    init(
        _ head: SegmentHead, layout: StoreLayout, files: any FileSystem,
        compressor: Compressor, thorough: Bool
    ) throws(StorageError) {
        self.head = head
        self.layout = layout
        self.files = files
        self.compressor = compressor
        self.thorough = thorough
        file = try files.open(layout.segment(head.id), .create)
        output = head.encoded()
        output.reserveCapacity(Self.pieceBytes * 2)
    }

    var entries: Int { origins.count }
    /// True where no further entry may be added.
    var isFull: Bool {
        table.count >= Self.blocksMax - 2 || entries >= Limits.segmentEntriesMax
    }

    /// Copies an entry in.
    mutating func add(_ entry: EntryContent, from origin: Origin) throws(StorageError) {
        let size = entry.key.count + entry.contentType.count + entry.value.count
        if !builder.isEmpty, builder.rawBytes + size > Self.blockBytesMax { try finishBlock() }
        builder.add(
            key: entry.key, contentType: entry.contentType, value: entry.value, lsn: entry.lsn,
            expiry: entry.expiry)
        origins.append(origin)
        hints.append(
            HintEntry(
                hash: origin.hash, expirySeconds: Slot.seconds(entry.expiry.rawValue)))
        note(entry)
        if isBlockFull { try finishBlock() }
    }

    private var isBlockFull: Bool {
        builder.rawBytes >= Self.blockBytesMax || builder.entries == BlockHead.entriesMax
            || builder.rawBytes >= Self.blockBytesMin && builder.entries >= Self.blockEntries
    }

    private mutating func note(_ entry: EntryContent) {
        firstLSN = min(firstLSN, entry.lsn.rawValue)
        lastLSN = max(lastLSN, entry.lsn.rawValue)
        if entry.expiry.isNever { expiresNever = true }
        latestExpiry = max(latestExpiry, entry.expiry.rawValue)
        if !entry.expiry.isNever { earliestExpiry = min(earliestExpiry, entry.expiry.rawValue) }
    }

    private mutating func finishBlock() throws(StorageError) {
        let first = UInt32(origins.count - builder.entries)
        table.append(
            BlockReference(
                offset: written + UInt64(output.count), firstOrdinal: first))
        rawBytes += UInt64(builder.rawBytes)
        builder.finish(
            into: &output, segment: head.id, firstOrdinal: first, compressor: compressor,
            thorough: thorough)
        if output.count >= Self.pieceBytes { try writeOut() }
    }

    private mutating func writeOut() throws(StorageError) {
        try writeAll(output, to: file, at: written)
        written += UInt64(output.count)
        output.removeAll(keepingCapacity: true)
    }

    /// Finishes and syncs segment and hint file. Their names are durable only once the caller has
    /// synced the folder.
    mutating func seal(store: StoreID, slot: Int) throws(StorageError) -> Segment {
        if !builder.isEmpty { try finishBlock() }
        let footer = SegmentFooter(
            tableOffset: written + UInt64(output.count), blocks: UInt32(table.count),
            entries: UInt32(entries), rawBytes: rawBytes,
            earliestExpiry: Expiry(rawValue: earliestExpiry == .max ? 0 : earliestExpiry),
            latestExpiry: Expiry(rawValue: expiresNever ? 0 : latestExpiry),
            firstLSN: LSN(rawValue: firstLSN), lastLSN: LSN(rawValue: lastLSN), id: head.id)
        output.append(contentsOf: footer.encoded(table: table))
        try writeOut()
        try file.sync()
        let hint = try files.open(layout.hint(head.id), .create)
        try writeAll(
            HintFile.encoded(hints, store: store, segment: head.id), to: hint, at: 0)
        try hint.sync()
        return Segment(
            slot: slot, file: file, head: head, footer: footer, table: table,
            bits: SegmentLiveness.allLive(entries: entries))
    }
}

/// Writes an array; arrays do not pass typed errors through their closures.
func writeAll(_ bytes: [UInt8], to file: any File, at offset: UInt64) throws(StorageError) {
    var failure: StorageError?
    bytes.withUnsafeBytes { raw in
        do throws(StorageError) { try file.write(raw, at: offset) } catch { failure = error }
    }
    if let failure { throw failure }
}
