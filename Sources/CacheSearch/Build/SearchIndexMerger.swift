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
        let buffer = PostingBuffer()
        var terms = 0
        while let first = open.min(by: { precedes(cursors[$0], cursors[$1]) }) {
            terms += 1
            if terms % 4096 == 0, !mayGoOn() { return nil }
            let key = cursors[first].key
            buffer.removeAll()
            var stillOpen: [Int] = []
            for number in open {
                guard cursors[number].key == key else {
                    stillOpen.append(number)
                    continue
                }
                append(sources[number], cursors[number].info, to: buffer)
                if cursors[number].next() { stillOpen.append(number) }
            }
            open = stillOpen
            guard buffer.count > 0 else { continue }
            buffer.sort()
            key.withUnsafeBytes { writer.add($0, buffer) }
        }
        return writer.finish(points: points(sources), identity: identity)
    }

    private static func precedes(_ left: DictionaryCursor, _ right: DictionaryCursor) -> Bool {
        left.withKey { left in right.withKey { TermKey.precedes(left, $0) } }
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

    private static func append(_ source: Source, _ info: TermInfo, to buffer: PostingBuffer) {
        let cursor = PostingsCursor(source.index, info)
        let reader = PositionReader(source.index, cursor)
        while cursor.document != PostingsCursor.ended {
            let target = source.ordinals[Int(cursor.document)]
            if target != dropped {
                reader.read()
                buffer.open(document: target)
                var previous: UInt32 = 0
                for index in 0..<reader.count {
                    buffer.place(delta: reader.places[index] - previous)
                    previous = reader.places[index]
                }
            }
            cursor.next()
        }
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
