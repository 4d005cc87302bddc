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
    private let names: TailNames
    private let sources: [Source]
    private let scratch = ReadScratch()
    /// An entry that is moving may be in two indexes.
    private var seen: Set<SeenEntry> = []
    let searcher: Searcher

    private struct SeenEntry: Hashable {
        let hash: UInt64
        let lsn: LSN
    }

    /// - Parameter view: of one moment, so that no entry is on its way from one index to another.
    init(_ engine: Engine, _ view: SearchState.View) {
        self.engine = engine
        names = view.tail.names
        let segments = view.segments.sorted { $0.sealed.id < $1.sealed.id }
        sources = segments.map { .segment($0.sealed) } + view.tail.parts.map { .tail($0) }
        searcher = Searcher(segments.map(\.searched) + view.tail.parts.map(\.searched))
    }

    /// The entry of a hit; nil where it is not its key's any more, or was returned before.
    /// - Throws: `corruption`, `io`.
    mutating func entry(of hit: SearchHit) throws(StorageError) -> FoundEntry? {
        let found: FoundEntry?
        switch sources[hit.part] {
        case .segment(let segment):
            found = try engine.entry(hit.ordinal, of: segment, scratch: scratch)
        case .tail(let part):
            guard let name = names[part.places[hit.ordinal]] else { return nil }
            found = try engine.entry(hash: name.hash, version: name.lsn, scratch: scratch)
        }
        guard let found else { return nil }
        let isNew = seen.insert(SeenEntry(hash: found.hash, lsn: found.lsn)).inserted
        return isNew ? found : nil
    }
}
