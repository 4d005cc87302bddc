/// Makes one index of several without reading their texts again: for compaction, where entries
/// move to new ordinals or vanish, and for parts of the tail.
package enum SearchIndexMerger {
    /// An index and where its entries go.
    package struct Source {
        package let index: SearchIndex
        /// By ordinal the new one, or `dropped`.
        package let ordinals: [UInt32]

        package init(_ index: SearchIndex, ordinals: [UInt32]) {
            precondition(ordinals.count == index.entries)
            self.index = index
            self.ordinals = ordinals
        }
    }

    /// Of an entry that is not in the new index.
    package static var dropped: UInt32 { .max }

    /// Merges; no two entries go to the same ordinal, and each to one below `entries`.
    /// - Complexity: O(postings), O(sources) for each term; memory of the new index.
    package static func merge(
        _ sources: [Source], entries: Int, identity: SearchIdentity = .unnamed
    ) -> SearchIndex {
        let merged = merge(sources, entries: entries, identity: identity) { true }
        guard let merged else { preconditionFailure("nobody stops it") }
        return merged
    }

    /// As above.
    /// - Parameter mayGoOn: asked now and then; nil is returned once it says no.
    package static func merge(
        _ sources: [Source], entries: Int, identity: SearchIdentity, mayGoOn: () -> Bool
    ) -> SearchIndex? {
        let writer = IndexWriter(lengths: lengths(sources, entries))
        var cursors = sources.map { DictionaryCursor($0.index.dictionary) }
        var open = sources.indices.filter { cursors[$0].next() }
        var same: [Int] = []
        let buffer = PostingBuffer()
        let copy = PostingsCopy()
        var terms = 0
        while !open.isEmpty {
            terms += 1
            if terms % 4096 == 0, !mayGoOn() { return nil }
            findFirst(cursors, open, &same)
            buffer.removeAll()
            for number in same { copy.append(sources[number], cursors[number].info, to: buffer) }
            if buffer.count > 0 {
                buffer.sort()
                cursors[same[0]].withKey { writer.add($0, buffer) }
            }
            for number in same where !cursors[number].next() { open.removeAll { $0 == number } }
        }
        return writer.finish(points: points(sources), identity: identity)
    }

    /// Makes `same` those of the open cursors that stand at the first term of all.
    private static func findFirst(
        _ cursors: [DictionaryCursor], _ open: [Int], _ same: inout [Int]
    ) {
        same.removeAll(keepingCapacity: true)
        for number in open {
            let order = same.first.map { first in
                cursors[number].withKey { key in
                    cursors[first].withKey { TermKey.compare(key, $0) }
                }
            }
            if (order ?? -1) < 0 { same.removeAll(keepingCapacity: true) }
            if (order ?? 0) <= 0 { same.append(number) }
        }
    }

    private static func lengths(_ sources: [Source], _ entries: Int) -> [UInt32] {
        var lengths = [UInt32](repeating: 0, count: entries)
        for source in sources {
            for (ordinal, target) in source.ordinals.enumerated() where target != dropped {
                lengths[Int(target)] = source.index.lengths.stored(ordinal)
            }
        }
        return lengths
    }

    private static func points(_ sources: [Source]) -> PointCollector {
        var points = PointCollector()
        for source in sources {
            for (key, column) in source.index.points {
                let kept = (0..<column.count).compactMap { place -> PointCollector.Point? in
                    let target = source.ordinals[Int(column.document(place))]
                    return target == dropped ? nil : (column.value(place), target)
                }
                if !kept.isEmpty { points.add(contentsOf: kept, to: key) }
            }
        }
        return points
    }
}
