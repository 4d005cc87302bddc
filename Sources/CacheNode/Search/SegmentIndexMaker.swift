internal import CacheBase
internal import CacheEngine
internal import CacheFiles
internal import CacheFormat
internal import CacheSearch

/// Gets a segment its index: from its search file, from the indexes that have its postings, or from
/// its values, and then writes the file. One thread at a time.
final class SegmentIndexMaker {
    private let engine: Engine
    private let files: any FileSystem
    private let layout: StoreLayout
    private let analysis: TextAnalysis
    private let observer: @Sendable (SearchEvent) -> Void
    private let scratch = ReadScratch()
    private var builder: SearchIndexBuilder?
    /// Indexes made of values alone.
    private(set) var rebuilt = 0
    private let tally: IndexingTally

    init(
        _ engine: Engine, _ files: any FileSystem, _ analysis: TextAnalysis,
        _ tally: IndexingTally,
        observer: @escaping @Sendable (SearchEvent) -> Void
    ) {
        self.engine = engine
        self.files = files
        self.analysis = analysis
        self.tally = tally
        self.observer = observer
        layout = StoreLayout(directory: engine.options.directory)
    }

    /// - Parameters:
    ///   - sources: where the postings are, asked where there is no file; nil where that is not
    ///     known.
    ///   - mayGoOn: asked now and then; nil is returned once it says no.
    /// - Throws: `io`, `overloaded`.
    func index(
        of segment: SealedSegment, sources: () -> PostingSources?, mayGoOn: () -> Bool
    ) throws(StorageError) -> IndexedSegment? {
        let path = layout.search(segment.id)
        let identity = SearchIdentity(
            store: engine.storeID, segment: segment.id, checksum: segment.fingerprint,
            analysis: analysis.fingerprint)
        if let found = opened(path, identity), found.entries == segment.entries {
            return IndexedSegment(sealed: segment, index: found)
        }
        let made: SearchIndex?
        if let sources = sources(), !sources.sources.isEmpty {
            made = try merged(segment, sources, identity, mayGoOn)
        } else {
            rebuilt += 1
            made = try self.made(of: segment, Array(0..<segment.entries), identity, mayGoOn)
        }
        return made.map { IndexedSegment(sealed: segment, index: kept($0, path, identity)) }
    }

    /// Merges what is at hand, and reads the values of what is not.
    private func merged(
        _ segment: SealedSegment, _ sources: PostingSources, _ identity: SearchIdentity,
        _ mayGoOn: () -> Bool
    ) throws(StorageError) -> SearchIndex? {
        var all = sources.sources
        if !sources.missing.isEmpty {
            let rest = try made(of: segment, sources.missing, .unnamed, mayGoOn)
            guard let rest else { return nil }
            // Of the others it knows nothing, and they are no empty texts.
            var ordinals = [UInt32](repeating: SearchIndexMerger.dropped, count: rest.entries)
            for ordinal in sources.missing { ordinals[ordinal] = UInt32(ordinal) }
            all.append(SearchIndexMerger.Source(rest, ordinals: ordinals))
        }
        tally.noteMerged(segment.entries - sources.missing.count)
        return SearchIndexMerger.merge(
            all, entries: segment.entries, identity: identity, mayGoOn: mayGoOn)
    }

    /// Gives the builder's memory back; it is needed again with the next segment.
    func rest() { builder = nil }

    private func opened(_ path: String, _ identity: SearchIdentity) -> SearchIndex? {
        do throws(StorageError) {
            return try SearchFile.open(path, files, expecting: identity)
        } catch {
            if error.kind != .notFound { observer(.fileRejected(error)) }
            return nil
        }
    }

    /// Dead entries are indexed too: after a power loss an older one may be live again.
    private func made(
        of segment: SealedSegment, _ ordinals: [Int], _ identity: SearchIdentity,
        _ mayGoOn: () -> Bool
    ) throws(StorageError) -> SearchIndex? {
        let builder = try emptyBuilder()
        var isFull = false
        var isStopped = false
        var read = 0
        try segment.forEachValue(at: ordinals, scratch) { ordinal, value throws(StorageError) in
            guard !isFull, !isStopped else { return }
            read += 1
            if read % 1024 == 0, !mayGoOn() { isStopped = true }
            do throws(StorageError) {
                try builder.add(value, at: ordinal)
            } catch {
                // What is behind is not found; nobody has so much text in one segment.
                isFull = error.kind == .overloaded
                observer(.segmentFailed(error))
            }
        }
        tally.noteRead(read)
        return isStopped ? nil : builder.finish(entries: segment.entries, identity: identity)
    }

    private func emptyBuilder() throws(StorageError) -> SearchIndexBuilder {
        if let builder {
            builder.reset()
            return builder
        }
        let made = try SearchIndexBuilder(analysis)
        builder = made
        return made
    }

    /// Writes the file and maps it, so that the index is the kernel's to keep or to drop.
    private func kept(
        _ index: SearchIndex, _ path: String, _ identity: SearchIdentity
    ) -> SearchIndex {
        do throws(StorageError) {
            try SearchFile.write(index, to: path, files)
            return try SearchFile.open(path, files, expecting: identity)
        } catch {
            observer(.fileNotWritten(error))
            return index
        }
    }

    /// Removes the file of a segment that was deleted while it was made.
    func forget(_ segment: SealedSegment) {
        let path = layout.search(segment.id)
        // What stays is removed by the next start.
        if files.exists(path) { try? files.remove(path) }
    }
}
