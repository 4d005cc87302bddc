internal import CacheBase
internal import CacheEngine
internal import CacheSearch
internal import Synchronization

/// What a search looks at, and how far the indexing has come.
///
/// Invariants: an entry that was indexed is in the tail or in a segment that is shown, also while
/// it moves from one to the other; where it is in both, both have the same version of it. While
/// `epoch` is ahead of `completed`, segments that the tail does not cover may be missing.
final class SearchState: Sendable {
    struct Content {
        var segments: [SegmentID: IndexedSegment] = [:]
        let tail: SearchedTail
        /// Segments that are known, indexed or not.
        var known = 0
        /// Raised each time that a writer has overtaken the tail.
        var epoch = 1
        /// The epoch as of which all segments are shown.
        var completed = 0
        /// Every record up to it is shown.
        var indexedTo = LSN.zero
        /// Everything that was written before this time of the clock is shown, or was when a writer
        /// last overtook the indexing.
        var caughtUpAt: UInt64
        /// Of segments that were not listed when a round of indexing last began.
        var origins = PostingOrigins()
    }

    /// What one search looks at: all of one moment.
    struct View: Sendable {
        let segments: [(sealed: SealedSegment, searched: SearchPart)]
        let tail: SearchedTail.Snapshot
        let isIncomplete: Bool
    }

    private let content: Mutex<Content>

    /// - Parameter now: the clock's time, in nanoseconds.
    init(_ tail: SearchedTail, asOf now: UInt64) {
        content = Mutex(Content(tail: tail, caughtUpAt: now))
    }

    func withLock<Result>(_ body: (inout Content) -> Result) -> Result {
        content.withLock { body(&$0) }
    }

    /// What is to be searched now. What is live is copied under the lock, where nothing begins to
    /// move.
    var view: View {
        content.withLock { content in
            View(
                segments: content.segments.values.map { ($0.sealed, $0.searched) },
                tail: content.tail.snapshot(), isIncomplete: content.isIncomplete)
        }
    }

    /// Entries are about to move: what is live of their segments now stays found until the
    /// segments they go to are shown, and their postings will be taken from where they were.
    func note(_ move: EntryMove) {
        content.withLock { content in
            for segment in move.from where content.segments[segment.id] != nil {
                content.segments[segment.id]?.moved = LiveDocuments(words: segment.liveWords())
            }
            for arrival in move.to { content.origins.note(arrival.origins, of: arrival.segment.id) }
        }
    }
}

extension SearchState.Content {
    /// Shows what is new of all segments that there are, and nothing else; entries of records
    /// before `end` are in them.
    mutating func show(
        _ added: [IndexedSegment], of listed: Set<SegmentID>, before end: LSN, epoch: Int
    ) {
        segments = segments.filter { listed.contains($0.key) }
        for segment in added { segments[segment.sealed.id] = segment }
        known = listed.count
        completed = max(completed, epoch)
        if self.epoch == epoch { tail.trim(before: end) }
    }

    /// Segments whose entries were about to move.
    var moved: [SegmentID] { segments.filter { $0.value.moved != nil }.map(\.key) }

    /// All segments that entries of these went to are shown.
    mutating func settle(_ moved: [SegmentID]) {
        for id in moved { segments[id]?.moved = nil }
    }

    /// Something that is live may not be found.
    var isIncomplete: Bool { completed < epoch }

    var documents: Int { segments.values.reduce(tail.documents) { $0 + $1.documents } }
}
