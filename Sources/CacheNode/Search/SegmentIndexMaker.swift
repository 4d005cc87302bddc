internal import CacheBase
internal import CacheEngine
internal import CacheFiles
internal import CacheFormat
internal import CacheSearch

/// Gets a segment its index: from its search file, or from its values, and then writes the file.
/// One thread at a time.
final class SegmentIndexMaker {
    private let engine: Engine
    private let files: any FileSystem
    private let layout: StoreLayout
    private let analysis: TextAnalysis
    private let observer: @Sendable (SearchEvent) -> Void
    private let scratch = ReadScratch()
    private var builder: SearchIndexBuilder?
    /// Indexes made of values.
    private(set) var rebuilt = 0

    init(
        _ engine: Engine, _ files: any FileSystem, _ analysis: TextAnalysis,
        observer: @escaping @Sendable (SearchEvent) -> Void
    ) {
        self.engine = engine
        self.files = files
        self.analysis = analysis
        self.observer = observer
        layout = StoreLayout(directory: engine.options.directory)
    }

    /// - Parameter mayGoOn: asked now and then; nil is returned once it says no.
    /// - Throws: `io`, `overloaded`.
    func index(
        of segment: SealedSegment, mayGoOn: () -> Bool
    ) throws(StorageError) -> IndexedSegment? {
        let path = layout.search(segment.id)
        let identity = SearchIdentity(
            store: engine.storeID, segment: segment.id, checksum: segment.fingerprint,
            analysis: analysis.fingerprint)
        if let found = opened(path, identity), found.entries == segment.entries {
            return IndexedSegment(sealed: segment, index: found)
        }
        guard let made = try made(of: segment, identity, mayGoOn) else { return nil }
        rebuilt += 1
        return IndexedSegment(sealed: segment, index: kept(made, path, identity))
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

    /// All entries are indexed, dead ones too: after a power loss an older one may be live again.
    private func made(
        of segment: SealedSegment, _ identity: SearchIdentity, _ mayGoOn: () -> Bool
    ) throws(StorageError) -> SearchIndex? {
        let builder = try emptyBuilder()
        var isFull = false
        var isStopped = false
        try segment.forEachValue(scratch) { ordinal, value throws(StorageError) in
            guard !isFull, !isStopped else { return }
            if ordinal % 1024 == 0, !mayGoOn() { isStopped = true }
            do throws(StorageError) {
                try builder.add(value, at: ordinal)
            } catch {
                // What is behind is not found; nobody has so much text in one segment.
                isFull = error.kind == .overloaded
                observer(.segmentFailed(error))
            }
        }
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
