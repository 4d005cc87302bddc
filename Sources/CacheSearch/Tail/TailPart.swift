/// A part of the tail's index, and which of its entries are still there.
///
/// Invariants: `places` increases and has an element for every entry; `live` has a bit for each.
package struct TailPart: Sendable {
    package let index: SearchIndex
    /// By ordinal where the entry is in the log.
    package let places: [UInt64]
    package private(set) var live: LiveDocuments
    private(set) var liveCount: Int

    init(_ index: SearchIndex, places: [UInt64], live: LiveDocuments) {
        precondition(places.count == index.entries)
        self.index = index
        self.places = places
        self.live = live
        liveCount = live.words.reduce(0) { $0 + $1.nonzeroBitCount }
    }

    /// What is searched.
    package var searched: SearchPart { SearchPart(index, live: live) }

    /// The ordinal of the entry at a place of the log; nil where it is not in this part.
    func ordinal(_ place: UInt64) -> Int? {
        var (low, high) = (0, places.count)
        while low < high {
            let middle = (low + high) / 2
            if places[middle] < place { low = middle + 1 } else { high = middle }
        }
        return low < places.count && places[low] == place ? low : nil
    }

    /// True where the entry was live.
    mutating func remove(_ ordinal: Int) -> Bool {
        guard live.isLive(ordinal) else { return false }
        var words = live.words
        live = LiveDocuments(words: [])
        words[ordinal >> 6] &= ~(1 << UInt64(ordinal & 63))
        live = LiveDocuments(words: words)
        liveCount -= 1
        return true
    }
}
