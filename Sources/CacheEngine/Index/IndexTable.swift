/// The hash table of a shard: a directory of pages that double one at a time (extendible hashing,
/// Fagin et al. 1979; pages after Dash, Lu et al. 2020), so that growth never pauses for long.
///
/// Invariants: `pages` has 2^depth entries; a page of depth d stands in 2^(depth-d) consecutive
/// entries; the directory's bits are hash bits 47 downwards, the line's are bits 0–31.
struct IndexTable: ~Copyable {
    /// A page splits at this share of its words.
    private static let fullShare = 0.9
    private static let depthMax = 16

    private var pages: UnsafeMutablePointer<UnsafeMutableRawPointer>
    private var depth: Int
    private let lines: Int
    private let pageEntriesMax: Int
    private let arena: IndexArena
    private(set) var pageCount: Int

    /// - Parameter lines: of each page. Shards differ in it, so that their pages do not all split
    ///   at the same number of keys and the load of the whole index stays even.
    init(lines: Int, expectedEntries: Int, arena: IndexArena) {
        self.lines = lines
        self.arena = arena
        pageEntriesMax = Int(Double(lines * IndexPage.wordsPerLine) * Self.fullShare)
        var depth = 0
        while depth < Self.depthMax, (pageEntriesMax << depth) * 19 / 20 < expectedEntries {
            depth += 1
        }
        self.depth = depth
        pages = Self.directory(depth: depth, arena)
        for index in 0..<(1 << depth) {
            pages[index] = IndexPage.allocate(lines: lines, depth: depth, arena: arena).memory
        }
        pageCount = 1 << depth
    }

    var bytes: Int { pageCount * IndexPage.bytes(lines: lines) + 8 << depth }

    /// Where the directory is and how deep: all that `Prefetcher` needs, in one word.
    var hint: UInt64 { UInt64(UInt(bitPattern: pages)) | UInt64(depth) << 56 }

    /// The tag of a hash: bits 50–57, never 0.
    @inline(__always)
    static func tag(_ hash: UInt64) -> UInt8 {
        max(UInt8(truncatingIfNeeded: hash >> 50), 1)
    }

    @inline(__always)
    private func directoryIndex(_ hash: UInt64) -> Int {
        Int(truncatingIfNeeded: (hash & (1 << 48 &- 1)) >> UInt64(truncatingIfNeeded: 48 &- depth))
    }

    @inline(__always)
    func page(_ hash: UInt64) -> IndexPage {
        IndexPage(memory: pages[directoryIndex(hash)], lines: lines)
    }

    @inline(__always)
    func find(_ hash: UInt64, slots: borrowing SlotSlab) -> UInt32 {
        page(hash).find(hash, tag: Self.tag(hash), slots: slots)
    }

    /// Adds slot `id`, splitting its page where it is full.
    /// - Complexity: O(1); a split moves at most the entries of one page (under a thousand).
    mutating func insert(_ hash: UInt64, id: UInt32, slots: borrowing SlotSlab) {
        while page(hash).count >= pageEntriesMax, split(hash, slots: slots) {}
        page(hash).insert(hash, tag: Self.tag(hash), id: id)
    }

    mutating func remove(_ hash: UInt64, id: UInt32) { page(hash).remove(hash, id: id) }

    /// Splits the page of a hash in two by the next bit of its entries' hashes.
    /// - Returns: false where the directory is at its limit; the page still has a little room.
    private mutating func split(_ hash: UInt64, slots: borrowing SlotSlab) -> Bool {
        let old = page(hash)
        if old.depth == depth {
            guard depth < Self.depthMax else {
                precondition(
                    old.count < lines * IndexPage.wordsPerLine, "a page of the index overflowed")
                return false
            }
            doubleDirectory()
        }
        let newDepth = old.depth + 1
        let span = 1 << (depth - old.depth)
        let first = directoryIndex(hash) & ~(span - 1)
        let high = IndexPage.allocate(lines: lines, depth: newDepth, arena: arena)
        let bit = UInt64(1) << UInt64(48 - newDepth)
        let words = old.removeAll()
        old.depth = newDepth
        for word in words {
            let bits = slots[word >> 8].pointee.hashBits
            let page = bits & bit == 0 ? old : high
            page.insert(bits, tag: UInt8(truncatingIfNeeded: word), id: word >> 8)
        }
        for index in span / 2..<span { pages[first + index] = high.memory }
        pageCount += 1
        return true
    }

    private mutating func doubleDirectory() {
        let wider = Self.directory(depth: depth + 1, arena)
        for index in 0..<(1 << depth) {
            wider[2 * index] = pages[index]
            wider[2 * index + 1] = pages[index]
        }
        pages = wider
        depth += 1
    }

    /// Old directories stay in the arena, half the size of the newest together: whoever prefetches
    /// by an outdated `hint` reads memory that is still there.
    private static func directory(
        depth: Int, _ arena: IndexArena
    ) -> UnsafeMutablePointer<UnsafeMutableRawPointer> {
        arena.allocate(8 << depth)
            .bindMemory(to: UnsafeMutableRawPointer.self, capacity: 1 << depth)
    }
}
