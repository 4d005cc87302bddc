internal import CShims
internal import CacheBase
internal import CacheFiles
internal import CacheFormat
internal import Synchronization

/// A sealed segment that is open: its table of blocks and what of it is live.
///
/// Invariants: the file never changes; `liveEntries` is the number of set bits (a moment apart);
/// the file stays open, though maybe unlinked, as long as anyone holds the object.
final class Segment: @unchecked Sendable {
    // Safe because: `blocks` is written once before the object is shared; the rest is atomic.
    let id: SegmentID
    /// Where it stands in `SegmentTable`, as locations name it.
    let slot: Int
    let file: any File
    let created: Timestamp
    let generation: UInt16
    let footer: SegmentFooter
    /// False only under `UnsafeOmissions.checksum`.
    let checksummed: Bool
    let liveness: LivenessBitmap
    private let blocks: UnsafeMutablePointer<BlockReference>
    private let live: Atomic<Int>
    private let liveSize: Atomic<Int>
    private let damaged = Atomic<Bool>(false)

    init(
        slot: Int, file: any File, head: SegmentHead, footer: SegmentFooter,
        table: [BlockReference], bits: [UInt64], checksummed: Bool = true
    ) {
        self.checksummed = checksummed
        id = head.id
        self.slot = slot
        self.file = file
        created = head.created
        generation = head.generation
        self.footer = footer
        let count = Int(footer.entries)
        liveness = LivenessBitmap(count: count, bits: bits)
        blocks = .allocate(capacity: table.count + 1)
        blocks.initialize(from: table, count: table.count)
        (blocks + table.count).initialize(
            to: BlockReference(offset: footer.tableOffset, firstOrdinal: footer.entries))
        let set = bits.reduce(0) { $0 + $1.nonzeroBitCount }
        live = Atomic(set)
        liveSize = Atomic(0)
        liveSize.store(Self.liveBytes(blocks, table.count, liveness), ordering: .relaxed)
    }

    deinit { blocks.deallocate() }

    var entries: Int { liveness.count }
    var blockCount: Int { Int(footer.blocks) }
    var fileBytes: UInt64 { footer.fileBytes }
    var liveEntries: Int { live.load(ordering: .relaxed) }
    /// Stored bytes of live entries, each taken as its block's mean.
    var liveBytes: UInt64 { UInt64(max(0, liveSize.load(ordering: .relaxed))) }
    /// Share of the stored bytes that is live, 0 to 1.
    var liveShare: Double {
        liveEntries == 0 ? 0 : min(1, Double(liveBytes) / Double(max(fileBytes, 1)))
    }
    /// Memory of table and bitmap.
    var memoryBytes: Int { (blockCount + 1) * 8 + liveness.bytes }

    /// A block failed its checksum: compaction leaves the segment alone.
    var isDamaged: Bool { damaged.load(ordering: .relaxed) }
    func noteDamage() { damaged.store(true, ordering: .relaxed) }

    /// File offset and stored length of a block.
    @inline(__always)
    func extent(ofBlock block: Int) -> (offset: UInt64, bytes: Int) {
        let start = blocks[block].offset
        return (start, Int(blocks[block + 1].offset - start))
    }

    @inline(__always)
    func firstOrdinal(ofBlock block: Int) -> Int { Int(blocks[block].firstOrdinal) }

    @inline(__always)
    func ordinal(_ location: Location) -> Int {
        firstOrdinal(ofBlock: location.block) &+ location.entry
    }

    func isLive(_ location: Location) -> Bool { liveness.isSet(ordinal(location)) }

    /// Starts loading what `markDead` will ask first.
    @inline(__always)
    func prefetch(_ location: Location) { dcs_prefetch(blocks + location.block) }

    /// The entry at `location` is no longer what its key has.
    @inline(__always)
    func markDead(_ location: Location) {
        guard liveness.clear(ordinal(location)) else { return }
        live.subtract(1, ordering: .relaxed)
        liveSize.subtract(meanBytes(ofBlock: location.block), ordering: .relaxed)
    }

    @inline(__always)
    private func meanBytes(ofBlock block: Int) -> Int {
        Self.meanBytes(blocks, block)
    }

    @inline(__always)
    private static func meanBytes(
        _ blocks: UnsafeMutablePointer<BlockReference>, _ block: Int
    ) -> Int {
        let entries = Int(blocks[block + 1].firstOrdinal &- blocks[block].firstOrdinal)
        return Int(blocks[block + 1].position &- blocks[block].position) * 8 / max(entries, 1)
    }

    private static func liveBytes(
        _ blocks: UnsafeMutablePointer<BlockReference>, _ count: Int, _ liveness: LivenessBitmap
    ) -> Int {
        var total = 0
        for block in 0..<count {
            let ordinals = Int(blocks[block].firstOrdinal)..<Int(blocks[block + 1].firstOrdinal)
            total += ordinals.count(where: { liveness.isSet($0) }) * meanBytes(blocks, block)
        }
        return total
    }
}
