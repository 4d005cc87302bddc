package import CacheBase
internal import Synchronization

/// The index of the log's tail: small, changes with every write, and is handed over to the index of
/// a segment when one is sealed.
///
/// It is a row of immutable parts. What is added gathers in a builder; `publish` makes a part of it
/// and merges parts that have become small beside it, each entry a logarithmic number of times.
/// So searching, merging and handing over are the same as for segments.
///
/// `add`, `publish` and `handOver` are the indexer's, on one thread at a time. `remove`, `trim` and
/// `parts` are anybody's.
///
/// Invariants: an entry is named by its place in the log, which increases from `add` to `add`;
/// it is in the builder or in exactly one part; parts are in the order of their places.
package final class SearchTail: @unchecked Sendable {
    // Safe because: `builder` and `waiting` are the indexer's alone, and it is on one thread at a
    // time; all else is constant or behind the lock.
    fileprivate struct Shown {
        var parts: [TailPart] = []
        /// Places not yet published that have died.
        var removed: Set<UInt64> = []
        /// Entries before it are gone.
        var start: UInt64 = 0
        /// The last place that was published.
        var end: UInt64 = 0
    }

    private let builder: SearchIndexBuilder
    /// Places of the entries in the builder, by ordinal.
    private var waiting: [UInt64] = []
    private let shown = Mutex(Shown())

    /// - Throws: `overloaded` where there is no address space for a builder.
    package init(_ analysis: TextAnalysis) throws(StorageError) {
        builder = try SearchIndexBuilder(analysis, bytes: SearchLimits.tailBuilderBytes)
    }

    /// Indexes a value where it is text or JSON; it is found from the next `publish` on.
    /// - Parameter place: of the entry in the log; larger than all before.
    /// - Throws: `overloaded` where the value alone is too much for a builder.
    package func add(
        _ value: UnsafeRawBufferPointer, at place: UInt64
    ) throws(StorageError) {
        precondition(place > waiting.last ?? 0, "places of the log increase")
        if bytesWaiting > SearchLimits.tailPartBytes { publish() }
        do throws(StorageError) {
            try addOnce(value, place)
        } catch  where error.kind == .overloaded && !waiting.isEmpty {
            publish()
            try addOnce(value, place)
        }
    }

    private func addOnce(
        _ value: UnsafeRawBufferPointer, _ place: UInt64
    ) throws(StorageError) {
        if try builder.add(value, at: waiting.count) { waiting.append(place) }
    }

    /// Memory of what is not yet published; the indexer's too.
    package var bytesWaiting: Int { waiting.isEmpty ? 0 : builder.bytes }

    /// The entry at a place was overwritten, deleted, or has expired; nothing happens where it is
    /// not known.
    package func remove(_ place: UInt64) {
        shown.withLock { shown in
            guard place <= shown.end else {
                shown.removed.insert(place)
                return
            }
            guard let number = Self.number(ofPartWith: place, in: shown.parts),
                let ordinal = shown.parts[number].ordinal(place)
            else { return }
            if shown.parts[number].remove(ordinal), shown.parts[number].liveCount == 0 {
                shown.parts.remove(at: number)
            }
        }
    }

    private static func number(ofPartWith place: UInt64, in parts: [TailPart]) -> Int? {
        parts.firstIndex { place <= $0.places.last ?? 0 }
    }

    /// Makes everything that was added findable.
    package func publish() {
        guard !waiting.isEmpty else { return }
        let places = waiting
        let index = builder.finish(entries: places.count)
        waiting.removeAll()
        shown.withLock { $0.show(index, places) }
        while let pair = shown.withLock({ $0.mergeable }) { merge(pair) }
    }

    /// Replaces two neighbours by one; what dies meanwhile is left out afterwards.
    private func merge(_ pair: (first: TailPart, second: TailPart)) {
        let parts = [pair.first, pair.second]
        var places: [UInt64] = []
        let sources = parts.map { part in
            let ordinals = part.places.enumerated().map { ordinal, place -> UInt32 in
                guard part.live.isLive(ordinal) else { return SearchIndexMerger.dropped }
                places.append(place)
                return UInt32(places.count - 1)
            }
            return SearchIndexMerger.Source(part.index, ordinals: ordinals)
        }
        let merged = SearchIndexMerger.merge(sources, entries: places.count)
        shown.withLock { $0.replace(parts, by: merged, places) }
    }

    /// Entries before `place` are in segments now: they are no longer found here.
    package func trim(before place: UInt64) {
        shown.withLock { $0.trim(before: place) }
    }

    /// What is to be searched, as it is now.
    package func parts() -> [TailPart] { shown.withLock { $0.parts } }

    /// Live entries that are found.
    package var documents: Int { shown.withLock { $0.parts.reduce(0) { $0 + $1.liveCount } } }

    /// Memory of the parts.
    package var bytes: Int {
        shown.withLock { $0.parts.reduce(0) { $0 + $1.index.bytes + $1.places.count * 9 } }
    }

    /// The index of a segment that is being sealed, of entries that are here.
    /// - Parameters:
    ///   - entries: of the segment.
    ///   - ordinal: in the segment, of the entry at a place; nil where it is not in it.
    package func handOver(
        entries: Int, identity: SearchIdentity, ordinal: (UInt64) -> UInt32?
    ) -> SearchIndex {
        publish()
        let sources = parts().map { part in
            SearchIndexMerger.Source(
                part.index, ordinals: part.places.map { ordinal($0) ?? SearchIndexMerger.dropped })
        }
        return SearchIndexMerger.merge(sources, entries: entries, identity: identity)
    }
}

extension SearchTail.Shown {
    /// Adds a part of new entries, without those that died before they were published.
    mutating func show(_ index: SearchIndex, _ places: [UInt64]) {
        var words = [UInt64](repeating: 0, count: (places.count + 63) / 64)
        for (ordinal, place) in places.enumerated()
        where place >= start && !removed.contains(place) {
            words[ordinal >> 6] |= 1 << UInt64(ordinal & 63)
        }
        end = places[places.count - 1]
        removed = removed.filter { $0 > end }
        parts.append(TailPart(index, places: places, live: LiveDocuments(words: words)))
    }

    /// Two neighbours of which the first has become small beside the second, or holds mostly dead.
    var mergeable: (TailPart, TailPart)? {
        for number in stride(from: parts.count - 1, to: 0, by: -1) {
            let (first, second) = (parts[number - 1], parts[number])
            let isSmall = first.index.bytes + second.index.bytes <= SearchLimits.tailMergedBytes
            if isSmall, first.liveCount <= 2 * second.liveCount { return (first, second) }
        }
        return nil
    }

    /// Shows `merged` in place of its sources; only what is live in them now is live in it.
    mutating func replace(_ sources: [TailPart], by merged: SearchIndex, _ places: [UInt64]) {
        var words = [UInt64](repeating: 0, count: (places.count + 63) / 64)
        let current = parts.filter { part in sources.contains { $0.index === part.index } }
        for (ordinal, place) in places.enumerated() {
            let isLive = current.contains { part in
                part.ordinal(place).map { part.live.isLive($0) } ?? false
            }
            if isLive { words[ordinal >> 6] |= 1 << UInt64(ordinal & 63) }
        }
        let number = parts.firstIndex { part in sources.contains { $0.index === part.index } }
        parts.removeAll { part in sources.contains { $0.index === part.index } }
        let part = TailPart(merged, places: places, live: LiveDocuments(words: words))
        if part.liveCount > 0, let number { parts.insert(part, at: number) }
    }

    mutating func trim(before place: UInt64) {
        start = max(start, place)
        removed = removed.filter { $0 >= place }
        parts.removeAll { $0.places.last ?? 0 < place }
        for number in parts.indices {
            for (ordinal, own) in parts[number].places.enumerated() {
                guard own < place else { break }
                _ = parts[number].remove(ordinal)
            }
        }
    }
}
