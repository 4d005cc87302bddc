internal import CacheFormat

/// Where a term's postings are.
struct TermInfo {
    /// Documents that have the term.
    var documents = 0
    /// Places where it stands, in all of them.
    var places = 0
    var postingsOffset = 0
    var positionsOffset = 0
    /// The only document, where there is one.
    var single: UInt32 = 0
}

/// The terms of an index, in order; see `DictionaryWriter` for the layout.
struct TermDictionary {
    private let table: UnsafeRawPointer
    private let blocks: UnsafeRawPointer
    let terms: Int
    static var tableEntryBytes: Int { 12 }

    init(table: UnsafeRawPointer, blocks: UnsafeRawPointer, terms: Int) {
        self.table = table
        self.blocks = blocks
        self.terms = terms
    }

    var blockCount: Int {
        (terms + DictionaryWriter.termsPerBlock - 1) / DictionaryWriter.termsPerBlock
    }

    func block(_ number: Int) -> UnsafeRawPointer {
        blocks + Int(table.u32(number &* Self.tableEntryBytes &+ 8))
    }

    /// - Complexity: O(log terms), plus half a block.
    func find(_ key: UnsafeRawBufferPointer) -> TermInfo? {
        var cursor = DictionaryCursor(self)
        return cursor.seek(key) ? cursor.info : nil
    }

    /// The block where `key` is, if it is anywhere; nil where it precedes all.
    func blockHolding(_ key: UnsafeRawBufferPointer) -> Int? {
        let word = TermKey.sortWord(key)
        var (low, high) = (0, blockCount)
        // The first block that begins behind the key.
        while low < high {
            let middle = (low &+ high) / 2
            let first = table.u64(middle &* Self.tableEntryBytes)
            let isBehind = first == word ? begins(middle, behind: key) : first > word
            if isBehind { high = middle } else { low = middle &+ 1 }
        }
        return low == 0 ? nil : low - 1
    }

    private func begins(_ number: Int, behind key: UnsafeRawBufferPointer) -> Bool {
        var cursor = DictionaryCursor(self)
        cursor.enter(number)
        guard cursor.next() else { return false }
        return cursor.withKey { TermKey.precedes(key, $0) }
    }
}
