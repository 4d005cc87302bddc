package import CacheBase
internal import Synchronization

/// The index of the log's tail: small, changes with every write, and is handed over to the index of
/// a segment when one is sealed.
///
/// It is a row of immutable parts. What is added gathers in a builder; `publish` makes a part of it.
/// Parts of like size are merged, each entry a logarithmic number of times: small ones by `publish`
/// at once, large ones by `merge`, so that what is new never waits for what is old.
/// So searching and merging are the same as for segments, and a segment that is sealed has its index
/// merged of the parts (`TailPart.source`).
///
/// `add` and `publish` are the indexer's, on one thread at a time. `merge`, `remove`, `trim` and
/// `parts` are anybody's.
///
/// Invariants: an entry is named by its place in the log, which increases from `add` to `add`;
/// it is in the builder or in exactly one part; parts are in the order of their places. What is
/// done under the lock takes the same time however large the parts are, but for a look at one bit
/// for each entry.
package final class SearchTail: @unchecked Sendable {
    // Safe because: `builder` is the indexer's alone, and it is on one thread at a time; all else
    // is constant or behind the lock.
    private let builder: SearchIndexBuilder
    private let shown = Mutex(TailState())
    private let promptBytes: Int

    /// - Parameter promptBytes: of parts that `publish` merges.
    /// - Throws: `overloaded` where there is no address space for a builder.
    package init(
        _ analysis: TextAnalysis, promptBytes: Int = SearchLimits.tailPromptBytes
    ) throws(StorageError) {
        self.promptBytes = promptBytes
        builder = try SearchIndexBuilder(analysis, bytes: SearchLimits.tailBuilderBytes)
    }

    /// Indexes a value where it is text or JSON; it is found from the next `publish` on.
    /// - Parameter place: of the entry in the log; larger than all before.
    /// - Returns: false where it is neither, and so in no index.
    /// - Throws: `overloaded` where the value alone is too much for a builder.
    @discardableResult
    package func add(
        _ value: UnsafeRawBufferPointer, at place: UInt64
    ) throws(StorageError) -> Bool {
        guard shown.withLock({ $0.begin(place) }) else { return true }
        if bytesWaiting > SearchLimits.tailPartBytes { publish() }
        do throws(StorageError) {
            return try addOnce(value, place)
        } catch  where error.kind == .overloaded && builder.entries > 0 {
            publish()
            return try addOnce(value, place)
        }
    }

    private func addOnce(
        _ value: UnsafeRawBufferPointer, _ place: UInt64
    ) throws(StorageError) -> Bool {
        guard try builder.add(value, at: builder.entries) else { return false }
        shown.withLock { $0.wait(place) }
        return true
    }

    /// Memory of what is not yet published; the indexer's too.
    package var bytesWaiting: Int { builder.entries == 0 ? 0 : builder.bytes }

    /// The entry at a place was overwritten, deleted, or has expired; nothing happens where it is
    /// not known.
    ///
    /// A place that is yet to be added is remembered, up to `SearchLimits.tailRemovedMax` of them;
    /// beyond that its entry is found, and whoever reads it sees that it is gone.
    package func remove(_ place: UInt64) { shown.withLock { $0.remove(place) } }

    /// Makes everything that was added findable.
    package func publish() {
        let places = shown.withLock { $0.waiting }
        guard !places.isEmpty else { return }
        let part = TailPart(builder.finish(entries: places.count), places: places)
        shown.withLock { $0.show(part) }
        while mergeOnce(0...promptBytes) {}
    }

    /// Merges some parts that `publish` has left for being large; false where there are none.
    package func merge() -> Bool {
        mergeOnce(promptBytes + 1...SearchLimits.tailMergedBytes)
    }

    /// Replaces some neighbours by one.
    /// - Parameter bytes: that they may have together.
    private func mergeOnce(_ bytes: ClosedRange<Int>) -> Bool {
        guard let parts = shown.withLock({ $0.takeMergeable(bytes) }) else { return false }
        var merge = TailMerge(parts)
        // What died meanwhile is left out here, and under the lock what died since.
        let now = shown.withLock { $0.parts }
        merge.update(from: now)
        shown.withLock { shown in
            merge.update(from: shown.parts)
            shown.replace(merge)
        }
        return true
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
}
