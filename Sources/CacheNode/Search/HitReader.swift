internal import CacheBase
internal import CacheEngine
internal import CacheSearch

/// What one search looked at, and the way from its hits to entries as they are now.
struct HitReader {
    private enum Source {
        case segment(SealedSegment)
        case tail(TailPart)
    }

    private let engine: Engine
    private let tail: SearchedTail
    private let sources: [Source]
    private let scratch = ReadScratch()
    /// An entry that is moving may be in two indexes.
    private var seen: Set<SeenEntry> = []
    let searcher: Searcher

    private struct SeenEntry: Hashable {
        let hash: UInt64
        let lsn: LSN
    }

    init(_ engine: Engine, _ content: SearchState.Content) {
        self.engine = engine
        tail = content.tail
        let segments = content.segments.values.sorted { $0.sealed.id < $1.sealed.id }
        let parts = content.tail.parts()
        sources = segments.map { .segment($0.sealed) } + parts.map { .tail($0) }
        searcher = Searcher(segments.map(\.searched) + parts.map(\.searched))
    }

    /// The entry of a hit; nil where it is not its key's any more, or was returned before.
    /// - Throws: `corruption`, `io`.
    mutating func entry(of hit: SearchHit) throws(StorageError) -> FoundEntry? {
        let found: FoundEntry?
        switch sources[hit.part] {
        case .segment(let segment):
            found = try engine.entry(hit.ordinal, of: segment, scratch: scratch)
        case .tail(let part):
            guard let name = tail.name(at: part.places[hit.ordinal]) else { return nil }
            found = try engine.entry(hash: name.hash, version: name.lsn, scratch: scratch)
        }
        guard let found else { return nil }
        let isNew = seen.insert(SeenEntry(hash: found.hash, lsn: found.lsn)).inserted
        return isNew ? found : nil
    }
}
