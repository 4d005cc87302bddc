/// Which entries of an index are still there: the segment's liveness bitmap, as it is when a search
/// begins. The caller leaves out what has expired.
package struct LiveDocuments: Sendable {
    /// Bit n of word w is entry 64w + n; set while it is live.
    package private(set) var words: [UInt64]

    package init(words: [UInt64]) { self.words = words }

    @inline(__always)
    package func isLive(_ ordinal: Int) -> Bool {
        let word = ordinal >> 6
        return word < words.count && words[word] >> UInt64(ordinal & 63) & 1 != 0
    }

    mutating func remove(_ ordinal: Int) { words[ordinal >> 6] &= ~(1 << UInt64(ordinal & 63)) }

    @inline(__always)
    func word(_ number: Int) -> UInt64 { number < words.count ? words[number] : 0 }

    /// The first dead entry from one on; nil where all up to `end` are live.
    @inline(__always)
    func firstDead(from ordinal: Int, below end: Int) -> Int? {
        guard ordinal < end else { return nil }
        var number = ordinal >> 6
        var dead = ~word(number) & (UInt64.max << UInt64(ordinal & 63))
        while dead == 0 {
            number += 1
            guard number << 6 < end else { return nil }
            dead = ~word(number)
        }
        let first = number << 6 + dead.trailingZeroBitCount
        return first < end ? first : nil
    }
}
