internal import CShims

/// One page of a shard's hash table: some 64-byte lines of fifteen words each, where a word is
/// slot id << 8 | tag, and the sixteenth counts the entries that overflowed past the line.
///
/// Invariants: a word of 0 is empty and no tag is 0; an entry is in its home line or in the first
/// line after it (cyclically) that had room; the overflow count of a line is the number of entries
/// of the page that were placed beyond it; `count` is the number of words in use.
/// The line before the first holds `depth` and `count`.
struct IndexPage {
    static let wordsPerLine = 15
    static let wordMask: UInt32 = 0x7FFF

    private let head: UnsafeMutablePointer<UInt32>
    let lines: Int

    /// A new, empty page of `lines` lines, shared by the directory entries of `depth` bits.
    static func allocate(lines: Int, depth: Int, arena: IndexArena) -> IndexPage {
        let page = IndexPage(memory: arena.allocate(bytes(lines: lines)), lines: lines)
        page.depth = depth
        return page
    }

    init(memory: UnsafeMutableRawPointer, lines: Int) {
        head = memory.assumingMemoryBound(to: UInt32.self)
        self.lines = lines
    }

    var memory: UnsafeMutableRawPointer { UnsafeMutableRawPointer(head) }

    static func bytes(lines: Int) -> Int { 64 * (lines + 1) }

    var depth: Int {
        get { Int(head[0]) }
        nonmutating set { head[0] = UInt32(newValue) }
    }

    var count: Int {
        get { Int(head[1]) }
        nonmutating set { head[1] = UInt32(newValue) }
    }

    /// The line where an entry of this hash is looked for first.
    @inline(__always)
    func home(_ hash: UInt64) -> Int {
        Int(truncatingIfNeeded: ((hash & 0xFFFF_FFFF) &* UInt64(lines)) >> 32)
    }

    @inline(__always)
    func line(_ index: Int) -> UnsafeMutablePointer<UInt32> { head + 16 &* (index &+ 1) }

    @inline(__always)
    private func after(_ index: Int) -> Int { index &+ 1 == lines ? 0 : index &+ 1 }

    /// The id of the slot with this hash, 0 where there is none.
    @inline(__always)
    func find(_ hash: UInt64, tag: UInt8, slots: borrowing SlotSlab) -> UInt32 {
        var index = home(hash)
        for _ in 0..<lines {
            let words = line(index)
            var candidates = dcs_match_tags(words, tag) & Self.wordMask
            while candidates != 0 {
                let id = words[candidates.trailingZeroBitCount] >> 8
                if slots[id].pointee.matches(hash) { return id }
                candidates &= candidates &- 1
            }
            if words[15] == 0 { return 0 }
            index = after(index)
        }
        return 0
    }

    /// Adds an entry; the page has room.
    func insert(_ hash: UInt64, tag: UInt8, id: UInt32) {
        var index = home(hash)
        while true {
            let words = line(index)
            let empty = dcs_match_tags(words, 0) & Self.wordMask
            if empty != 0 {
                words[empty.trailingZeroBitCount] = id << 8 | UInt32(tag)
                count += 1
                return
            }
            words[15] += 1
            index = after(index)
        }
    }

    /// Removes the entry of slot `id`, which is present.
    func remove(_ hash: UInt64, id: UInt32) {
        let start = home(hash)
        var index = start
        while true {
            let words = line(index)
            if let position = (0..<Self.wordsPerLine).first(where: { words[$0] >> 8 == id }) {
                words[position] = 0
                break
            }
            index = after(index)
            precondition(index != start, "an indexed slot is missing from its page")
        }
        var passed = start
        while passed != index {
            line(passed)[15] -= 1
            passed = after(passed)
        }
        count -= 1
    }

    /// Takes all entries out: words of slot id << 8 | tag.
    func removeAll() -> [UInt32] {
        var words: [UInt32] = []
        words.reserveCapacity(count)
        for index in 0..<lines {
            let line = line(index)
            for position in 0..<Self.wordsPerLine where line[position] != 0 {
                words.append(line[position])
            }
            for position in 0...Self.wordsPerLine { line[position] = 0 }
        }
        count = 0
        return words
    }
}
