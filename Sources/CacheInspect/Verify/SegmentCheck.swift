internal import CacheBase
internal import CacheEngine
internal import CacheFiles
internal import CacheFormat

/// Verifies one segment: every block, the directory of every block, every entry against footer,
/// hint file and checkpoint; and its search file, whose damage is told apart.
struct SegmentCheck: Sendable {
    let segment: SegmentFile
    private let folder: StoreFolder
    private let store: StoreFile?
    private let hash: KeyHash?
    private let liveness: SegmentLiveness?
    /// Records from here on are in the log alone; nil where the checkpoint is lost.
    private let replayFrom: LSN?

    private(set) var damages = DamageList()
    private(set) var searchFile = SearchFileReader.Finding.absent
    private(set) var blocks: UInt64 = 0
    private(set) var entries: UInt64 = 0
    private(set) var rawBytes: UInt64 = 0
    /// Hashes of live entries.
    private(set) var live = LiveHashes()
    private var firstLSN = UInt64.max
    private var lastLSN: UInt64 = 0
    private var earliestExpiry = UInt64.max
    private var latestExpiry: UInt64 = 0
    private var expiresNever = false

    init(
        _ segment: SegmentFile, in folder: StoreFolder, store: StoreFile?, checkpoint: Checkpoint?,
        liveness: SegmentLiveness?
    ) {
        self.segment = segment
        self.folder = folder
        self.store = store
        hash = store.map { KeyHash(secret: $0.hashKey) }
        self.liveness = liveness
        replayFrom = checkpoint?.replayFrom.lsn
    }

    /// - Parameter advance: hears of bytes read.
    /// - Throws: `io`.
    mutating func run(_ advance: (Int) -> Void) throws(StorageError) {
        segment.damages.forEach { damages.add($0) }
        live.reserve(liveness?.liveEntries ?? 0)
        let hints = try hintBytes()
        if let hints {
            try withBytes(hints) { raw throws(StorageError) in
                try scan(try columns(raw), advance)
            }
            advance(hints.count)
        } else {
            try scan(nil, advance)
        }
        compareFooter()
        live.divide()
        if let store {
            searchFile = try SearchFileReader(folder: folder)
                .verify(segment, store: store.id, advance)
        }
    }

    // MARK: Hints

    private var hintName: String { folder.name(folder.layout.hint(segment.id)) }

    private mutating func hintBytes() throws(StorageError) -> [UInt8]? {
        guard let store, let footer = segment.footer else { return nil }
        let reader = HintReader(folder: folder, store: store)
        do throws(StorageError) {
            if let bytes = try reader.bytes(of: segment.id, entries: Int(footer.entries)) {
                return bytes
            }
            damages.add(Damage(hintName, "missing; the next start of the server rebuilds it"))
        } catch {
            guard error.kind == .corruption else { throw error }
            damages.add(Damage(hintName, "longer than a hint file of so many entries"))
        }
        return nil
    }

    private mutating func columns(
        _ raw: UnsafeRawBufferPointer
    ) throws(StorageError) -> HintColumns? {
        guard let store, let footer = segment.footer else { return nil }
        let found = try HintReader(folder: folder, store: store)
            .columns(raw, segment.id, entries: Int(footer.entries))
        if found == nil {
            damages.add(
                Damage(hintName, at: 0, "damaged; the next start of the server rebuilds it"))
        }
        return found
    }

    // MARK: Blocks

    private mutating func scan(
        _ hints: HintColumns?, _ advance: (Int) -> Void
    ) throws(StorageError) {
        let scan = BlockScan(segment)
        while let step = try scan.next() {
            switch step {
            case .damage(let range, let ordinals):
                damages.add(Damage(segment.name, at: range.lowerBound, text(ordinals)))
                advance(range.count)
            case .block(let block):
                check(block, hints)
                advance(block.bytes)
            }
        }
    }

    private func text(_ ordinals: Range<Int>?) -> String {
        guard let ordinals else { return "no whole block" }
        let live =
            liveness.map { liveness in
                ordinals.clamped(to: 0..<Int(liveness.entries)).count { liveness.isLive($0) }
            } ?? ordinals.count
        return "a block fails its checksum: \(ordinals.count) entries, \(live) of them live"
    }

    private mutating func check(_ block: LoadedBlock, _ hints: HintColumns?) {
        var ordinal = block.ordinals.lowerBound
        var walk = block.entries
        while let entry = walk.next() {
            check(entry, ordinal, block, hints)
            ordinal += 1
        }
        if walk.passed != Int(block.head.entries) || walk.end != block.raw.count {
            damages.add(
                Damage(segment.name, at: block.offset, "the block's directory makes no sense"))
        }
        blocks += 1
        entries += UInt64(walk.passed)
        rawBytes += UInt64(block.raw.count)
    }

    @inline(__always)
    private mutating func check(
        _ entry: StoredEntry, _ ordinal: Int, _ block: LoadedBlock, _ hints: HintColumns?
    ) {
        firstLSN = min(firstLSN, entry.lsn.rawValue)
        lastLSN = max(lastLSN, entry.lsn.rawValue)
        if entry.expiry.isNever {
            expiresNever = true
        } else {
            earliestExpiry = min(earliestExpiry, entry.expiry.rawValue)
            latestExpiry = max(latestExpiry, entry.expiry.rawValue)
        }
        guard let hash else { return }
        let expected = HintEntry(hash: hash(entry.key), expiry: entry.expiry)
        if let hints, ordinal >= hints.count || hints[ordinal] != expected {
            damages.add(
                Damage(
                    hintName, "entry \(ordinal) is not what the block at \(block.offset) holds"))
        }
        if liveness?.isLive(ordinal) == true { live.add(expected.hash) }
    }

    private mutating func compareFooter() {
        guard let footer = segment.footer, damages.isEmpty else { return }
        let earliest = earliestExpiry == .max ? 0 : earliestExpiry
        let isRight =
            footer.blocks == UInt32(clamping: blocks)
            && footer.entries == UInt32(clamping: entries) && footer.rawBytes == rawBytes
            && footer.firstLSN.rawValue == firstLSN && footer.lastLSN.rawValue == lastLSN
            && footer.earliestExpiry.rawValue == earliest
            && footer.latestExpiry.rawValue == (expiresNever ? 0 : latestExpiry)
        let offset = segment.bytes - UInt64(SegmentFooter.bytes)
        if !isRight {
            damages.add(
                Damage(segment.name, at: offset, "the footer's counts are not those of the blocks"))
        }
        if let replayFrom, footer.lastLSN >= replayFrom {
            damages.add(
                Damage(
                    segment.name, at: offset,
                    "record \(footer.lastLSN.rawValue) is younger than the checkpoint"))
        }
    }
}
