/// A part of the tail's index, and which of its entries are still there.
///
/// Invariants: `places` increases and has an element for every entry; `live` has a bit for each.
package struct TailPart: Sendable {
    package let index: SearchIndex
    /// By ordinal where the entry is in the log.
    package let places: [UInt64]
    package private(set) var live: LiveDocuments
    private(set) var liveCount: Int
    /// Entries before it are dead.
    private var start = 0

    /// All entries live.
    init(_ index: SearchIndex, places: [UInt64]) {
        precondition(places.count == index.entries)
        self.index = index
        self.places = places
        liveCount = places.count
        var words = [UInt64](repeating: .max, count: (places.count + 63) / 64)
        let rest = places.count & 63
        if rest > 0 { words[words.count - 1] = 1 << UInt64(rest) - 1 }
        live = LiveDocuments(words: words)
    }

    /// What is searched.
    package var searched: SearchPart { SearchPart(index, live: live) }

    /// The part as a source of the index of a segment. Entries that died are in it too, as long as
    /// no merge of parts has left them out.
    /// - Parameter ordinal: in the segment, of the entry at a place; nil where it is not in it.
    ///   Asked in the order of the places.
    package func source(ordinal: (UInt64) -> UInt32?) -> SearchIndexMerger.Source {
        SearchIndexMerger.Source(
            index, ordinals: places.map { ordinal($0) ?? SearchIndexMerger.dropped })
    }

    /// Parts of one level are of like size: each is for four times as many entries as the one below.
    var level: Int { (Int.bitWidth - liveCount.leadingZeroBitCount) / 2 }

    var lastPlace: UInt64 { places.last ?? 0 }

    /// The ordinal of the entry at a place of the log; nil where it is not in this part.
    func ordinal(_ place: UInt64) -> Int? { places.ordinal(of: place) }

    /// True where the entry was live.
    mutating func remove(_ ordinal: Int) -> Bool {
        guard live.isLive(ordinal) else { return false }
        live.remove(ordinal)
        liveCount -= 1
        return true
    }

    /// Removes all entries before a place.
    mutating func trim(before place: UInt64) {
        while start < places.count, places[start] < place {
            _ = remove(start)
            start += 1
        }
    }
}

extension [UInt64] {
    /// Where an element of an increasing array is.
    func ordinal(of element: UInt64) -> Int? {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if self[middle] < element { low = middle + 1 } else { high = middle }
        }
        return low < count && self[low] == element ? low : nil
    }
}
