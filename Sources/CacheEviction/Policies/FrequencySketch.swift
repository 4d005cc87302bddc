internal import CacheBase

/// How often keys were asked for lately, about: a count-min sketch of four rows of 4-bit counters,
/// all of which are halved once there were ten requests for each entry of the cache.
///
/// Cormode and Muthukrishnan, "An improved data stream summary: the count-min sketch and its
/// applications" (2005); halving after Einziger, Friedman and Manes, see `TinyLFU`. Each row has
/// four to eight counters for an entry, so that keys rarely share all of theirs: 8 to 16 bytes.
struct FrequencySketch {
    static let rows = 4
    static let counterMax: UInt8 = 15
    private static let requestsPerEntry = 10

    private var words: [UInt64]
    private let rowMask: UInt64
    private let rowWords: Int
    private let sampleMax: Int
    private var sample = 0

    init(entries: Int) {
        var row = 16
        while row < 4 * entries { row *= 2 }
        rowMask = UInt64(row - 1)
        rowWords = row / 16
        words = [UInt64](repeating: 0, count: Self.rows * rowWords)
        sampleMax = Self.requestsPerEntry * entries
    }

    /// Counts a request.
    mutating func note(_ key: UInt32) {
        for row in 0..<Self.rows {
            let (word, shift) = place(key, row)
            if (words[word] >> shift) & 15 < UInt64(Self.counterMax) { words[word] += 1 << shift }
        }
        sample += 1
        if sample >= sampleMax { halve() }
    }

    /// At least the requests counted since the halving that forgot the others.
    func frequency(_ key: UInt32) -> UInt8 {
        var least = UInt64(Self.counterMax)
        for row in 0..<Self.rows {
            let (word, shift) = place(key, row)
            least = min(least, (words[word] >> shift) & 15)
        }
        return UInt8(least)
    }

    private mutating func halve() {
        for index in words.indices { words[index] = words[index] >> 1 & 0x7777_7777_7777_7777 }
        sample /= 2
    }

    /// A row's counter for a key: its word, and the bit that it begins at.
    @inline(__always)
    func place(_ key: UInt32, _ row: Int) -> (word: Int, shift: UInt64) {
        var mixed = SplitMix64(seed: UInt64(row) << 32 | UInt64(key))
        let column = mixed.next() & rowMask
        return (row * rowWords + Int(column >> 4), (column & 15) << 2)
    }
}
