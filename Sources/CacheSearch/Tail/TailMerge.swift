/// Makes one part of several while entries of theirs go on dying.
///
/// Invariants: `known[n]` is what was live in source n when `merged` was last updated, and
/// `ordinals[n]` says where its entries went; all of `merged` that is live is live in its source.
struct TailMerge {
    private let sources: [TailPart]
    private let ordinals: [[UInt32]]
    private var known: [[UInt64]]
    private(set) var merged: TailPart

    init(_ sources: [TailPart]) {
        self.sources = sources
        known = sources.map { $0.live.words }
        var places: [UInt64] = []
        ordinals = sources.map { part in
            part.places.enumerated().map { ordinal, place -> UInt32 in
                guard part.live.isLive(ordinal) else { return SearchIndexMerger.dropped }
                places.append(place)
                return UInt32(places.count - 1)
            }
        }
        let index = SearchIndexMerger.merge(
            zip(sources, ordinals).map { SearchIndexMerger.Source($0.index, ordinals: $1) },
            entries: places.count)
        merged = TailPart(index, places: places)
    }

    func isSource(_ part: TailPart) -> Bool { sources.contains { $0.index === part.index } }

    var sourceIdentifiers: [ObjectIdentifier] { sources.map { ObjectIdentifier($0.index) } }

    /// Takes out what has died since the last update.
    /// - Complexity: O(words of the bitmaps + what has died).
    mutating func update(from parts: [TailPart]) {
        for number in sources.indices {
            // A part that is gone has nothing live.
            let part = parts.first { $0.index === sources[number].index }
            for word in known[number].indices {
                let live = part?.live.word(word) ?? 0
                var dead = known[number][word] & ~live
                guard dead != 0 else { continue }
                known[number][word] = live
                while dead != 0 {
                    let ordinal = word * 64 + dead.trailingZeroBitCount
                    dead &= dead - 1
                    _ = merged.remove(Int(ordinals[number][ordinal]))
                }
            }
        }
    }
}
