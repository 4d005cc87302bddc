internal import CacheBase
internal import CacheEngine
internal import CacheSearch

/// Keeps the indexes up with the engine, behind its writers and never in their way.
///
/// Three threads: one follows the log into the tail's index (`TailIndexer`); one, of low priority,
/// merges what that has become large of; and one, of low priority too, gets every sealed segment its
/// own index, and then lets go of what the tail has of it.
final class SearchIndexer: @unchecked Sendable {
    // Safe because: `threads` is written in `start` and read in `stop`, both by the owner; `maker`
    // and `isFirst` are the segment thread's; `isStopping` is used under `waiting` only.
    private let engine: Engine
    private let state: SearchState
    private let maker: SegmentIndexMaker
    private let observer: @Sendable (SearchEvent) -> Void
    private let waiting = WaitCondition()
    private var isStopping = false
    private var threads: [BackgroundThread] = []
    private var isFirst = true

    init(
        _ engine: Engine, _ state: SearchState, _ maker: SegmentIndexMaker,
        observer: @escaping @Sendable (SearchEvent) -> Void
    ) {
        self.engine = engine
        self.state = state
        self.maker = maker
        self.observer = observer
    }

    /// - Parameter follower: of the log's tail, from the first record that no segment has.
    func start(_ follower: EntryFollower) {
        engine.onMove { [state] in state.note($0) }
        threads = [
            BackgroundThread(name: "dcs-search") { [unowned self] in follow(follower) },
            BackgroundThread(name: "dcs-search-tail", yields: true) { [unowned self] in
                mergeTail()
            },
            BackgroundThread(name: "dcs-index", yields: true) { [unowned self] in indexSegments() },
        ]
    }

    /// Returns when all threads have ended.
    func stop() {
        waiting.withLock {
            isStopping = true
            waiting.wakeAll()
        }
        threads.forEach { $0.join() }
        threads = []
    }

    private var mayGoOn: Bool { waiting.withLock { !isStopping } }

    /// - Returns: false when it is time to stop.
    private func rest(milliseconds: Int) -> Bool {
        waiting.withLock {
            if !isStopping { waiting.wait(milliseconds: milliseconds) }
            return !isStopping
        }
    }

    // MARK: The log

    private func follow(_ follower: EntryFollower) {
        TailIndexer(engine, state, follower, observer: observer) { [unowned self] milliseconds in
            milliseconds == 0 ? mayGoOn : rest(milliseconds: milliseconds)
        }.run()
    }

    /// Merges the tail's large parts, which nothing new must wait for.
    private func mergeTail() {
        let tail = state.withLock { $0.tail }
        while mayGoOn {
            guard !tail.merge() else { continue }
            _ = rest(milliseconds: SearchServiceLimits.segmentsMilliseconds)
        }
    }

    // MARK: Segments

    private func indexSegments() {
        let start = engine.clock.monotonicNanoseconds()
        var wait = SearchServiceLimits.segmentsMilliseconds
        repeat {
            do throws(StorageError) {
                let segments = try round()
                wait = SearchServiceLimits.segmentsMilliseconds
                if let segments, isFirst {
                    isFirst = false
                    let seconds = Double(engine.clock.monotonicNanoseconds() - start) / 1e9
                    observer(
                        .complete(segments: segments, rebuilt: maker.rebuilt, seconds: seconds))
                }
            } catch {
                observer(.segmentFailed(error))
                wait = min(2 * wait, 100 * SearchServiceLimits.segmentsMilliseconds)
            }
        } while rest(milliseconds: wait)
    }

    /// Indexes every segment that is not shown.
    /// - Returns: how many segments there are; nil when it is time to stop.
    private func round() throws(StorageError) -> Int? {
        // Whatever moved before the list is taken has arrived in it.
        let (epoch, moved, noted) = state.withLock { ($0.epoch, $0.moved, $0.origins.segments) }
        let (listed, end) = try engine.sealedSegments()
        let ids = Set(listed.map(\.id))
        let (shown, isCovered) = state.withLock { content in
            content.known = listed.count
            return (Set(content.segments.keys), content.completed >= epoch)
        }
        let missing = listed.filter { !shown.contains($0.id) }
        let isQuiet = missing.isEmpty && moved.isEmpty && noted.isEmpty
        if isQuiet, shown == ids, isCovered { return listed.count }
        var made: [IndexedSegment] = []
        for segment in missing {
            let indexed = try maker.index(
                of: segment, sources: { sources(of: segment) }, mayGoOn: { mayGoOn })
            guard let indexed else { return nil }
            made.append(indexed)
            // What the tail does not have is shown as it comes.
            if !isCovered { state.withLock { $0.segments[segment.id] = indexed } }
        }
        state.withLock { content in
            content.show(made, of: ids, before: end, epoch: epoch)
            content.settle(moved)
            content.origins.forget(noted)
        }
        maker.rest()
        try removeFiles(ofDeleted: made)
        return listed.count
    }

    /// Where the postings of a new segment are; nil where nobody told where its entries come from.
    private func sources(of segment: SealedSegment) -> PostingSources? {
        guard state.withLock({ $0.origins.has(segment.id) }) else { return nil }
        awaitTail(segment.lastLSN)
        let (origins, indexes, tail) = state.withLock { content in
            (content.origins, content.segments.mapValues(\.index), content.tail.snapshot())
        }
        return PostingSources(of: segment, origins, indexes, tail)
    }

    /// Waits until the tail has come to a record. What is flushed is soon taken from the log: who
    /// follows it is nearly there, or will begin anew behind it.
    private func awaitTail(_ lsn: LSN) {
        let limit = SearchServiceLimits.tailWaitMillisecondsMax * 1_000_000
        let start = engine.clock.monotonicNanoseconds()
        while state.withLock({ $0.indexedTo < lsn }),
            engine.clock.monotonicNanoseconds() - start < limit,
            rest(milliseconds: SearchServiceLimits.tailWaitMilliseconds)
        {}
    }

    /// A segment that was deleted while its file was written would leave it behind.
    private func removeFiles(ofDeleted made: [IndexedSegment]) throws(StorageError) {
        guard !made.isEmpty else { return }
        let present = Set(try engine.sealedSegments().segments.map(\.id))
        for segment in made where !present.contains(segment.sealed.id) {
            maker.forget(segment.sealed)
        }
    }
}
