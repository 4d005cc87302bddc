/// A set of an index's entries: one bit each.
struct DocumentSet {
    private(set) var words: [UInt64]

    init(entries: Int) { words = [UInt64](repeating: 0, count: (entries + 63) / 64) }

    @inline(__always)
    mutating func insert(_ document: UInt32) {
        words[Int(document >> 6)] |= 1 << UInt64(document & 63)
    }

    /// Adds every document of a term.
    mutating func insert(_ index: SearchIndex, _ info: TermInfo) {
        let cursor = PostingsCursor(index, info)
        while cursor.document != PostingsCursor.ended {
            for place in cursor.index..<cursor.count { insert(cursor.documents[place]) }
            cursor.nextBlock()
        }
    }

    var count: Int { words.reduce(0) { $0 + $1.nonzeroBitCount } }

    /// The first element from `document` on; `PostingsCursor.ended` where there is none.
    func first(from document: UInt32) -> UInt32 {
        var number = Int(document >> 6)
        guard number < words.count else { return PostingsCursor.ended }
        var word = words[number] & (UInt64.max << UInt64(document & 63))
        while word == 0 {
            number += 1
            guard number < words.count else { return PostingsCursor.ended }
            word = words[number]
        }
        return UInt32(number * 64 + word.trailingZeroBitCount)
    }
}
