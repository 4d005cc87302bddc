package import CacheBase
package import CacheEngine
package import CacheFiles
package import CacheTelemetry
internal import CacheSearch
internal import Synchronization

/// Full-text search over what is cached.
///
/// Whoever starts it stops it before the engine is closed.
package final class SearchService: Sendable {
    private let engine: Engine
    private let state: SearchState
    private let indexer: SearchIndexer
    private let tally = IndexingTally()
    private let analysis: TextAnalysis
    private let searches = Atomic<UInt64>(0)
    private let partials = Atomic<UInt64>(0)
    private let holdsAll = Mutex<(@Sendable () -> Bool)?>(nil)

    /// What `language` may be: `none`, and what the stemming library of this machine knows.
    package static var languages: [String] { TextAnalysis.languages }

    /// Starts indexing.
    /// - Parameter language: by whose rules words are brought to their stem, one of `languages`.
    ///   Search files of another language are made again.
    /// - Throws: `invalid` where the language is not known; `overloaded` where there is no address
    ///   space for an index; `io`.
    package init(
        _ engine: Engine, files: any FileSystem, language: String = "english",
        observer: @escaping @Sendable (SearchEvent) -> Void = { _ in }
    ) throws(StorageError) {
        guard let analysis = TextAnalysis(language: language) else {
            throw StorageError(.invalid, "no language \(language)")
        }
        self.engine = engine
        self.analysis = analysis
        state = SearchState(
            try SearchedTail(analysis), asOf: engine.clock.monotonicNanoseconds())
        indexer = SearchIndexer(
            engine, state,
            SegmentIndexMaker(engine, files, analysis, tally, observer: observer),
            observer: observer)
        indexer.start(try engine.followTail())
    }

    /// What is here may be a part of what is cached: answers say so where `holdsAll` says no.
    package func setHoldsAll(_ holdsAll: @escaping @Sendable () -> Bool) {
        self.holdsAll.withLock { $0 = holdsAll }
    }

    /// Ends indexing. What was indexed is still found.
    package func stop() { indexer.stop() }

    /// Answers a search. Waits for the disk.
    package func search(_ request: SearchRequest) -> ControlAnswer {
        let start = engine.clock.monotonicNanoseconds()
        searches.add(1, ordering: .relaxed)
        do {
            let answer = try find(
                request, until: start + SearchServiceLimits.searchMilliseconds * 1_000_000)
            if answer.isPartial { partials.add(1, ordering: .relaxed) }
            let taken = engine.clock.monotonicNanoseconds() - start
            return ControlAnswer(body: answer.json(milliseconds: Double(taken / 1000) / 1000))
        } catch let error as QueryError {
            return ControlAnswer(error)
        } catch let error as StorageError {
            return ControlAnswer(error)
        } catch {
            preconditionFailure("no other errors: \(error)")
        }
    }

    private func find(_ request: SearchRequest, until end: UInt64) throws -> SearchAnswer {
        let query = try SearchQuery(request.query, analysis)
        let view = state.view
        var reader = HitReader(engine, view)
        let clock = engine.clock
        let isTimeUp = { clock.monotonicNanoseconds() >= end }
        let result = try reader.searcher.search(
            query, options(request), isTimeUp: isTimeUp)
        var answer = SearchAnswer()
        answer.total = result.total
        answer.isTotalExact = result.isTotalExact
        let isElsewhere = holdsAll.withLock { $0 }.map { !$0() } ?? false
        answer.isPartial = result.isPartial || view.isIncomplete || isElsewhere
        let collector = HitCollector(request, Highlighter(query), isTimeUp)
        try collector.collect(result, &reader, into: &answer)
        return answer
    }

    /// Where not every key may be read, all hits are looked at to leave out the others.
    private func options(_ request: SearchRequest) throws(QueryError) -> SearchOptions {
        var options = SearchOptions(limit: request.limit, offset: request.offset)
        try options.check()
        if request.mayRead != nil {
            options = SearchOptions(limit: SearchLimits.hitsMax, offset: 0)
            options.totalExactMax = SearchLimits.hitsMax
        } else {
            options.limit += min(
                SearchServiceLimits.spareHits,
                SearchLimits.hitsMax - options.limit - options.offset)
        }
        return options
    }

    // MARK: Figures

    /// Live documents that are found.
    package var documents: Int { state.withLock { $0.documents } }

    /// How far the index has come: until it is complete, searches are partial.
    func writeProgress(to json: inout JSONWriter) {
        let (indexed, known, isComplete) = state.withLock { content in
            (min(content.segments.count, content.known), content.known, !content.isIncomplete)
        }
        json.object("search") { json in
            json.member("complete", isComplete)
            json.member("segments", known)
            json.member("segments_indexed", indexed)
        }
    }

    /// The newest record that may be found.
    private var newest: LSN { engine.answersWait ? engine.answerableLSN : engine.lastLSN }

    /// Everything that is written is found, and nothing is on its way from one index to another.
    package func isUpToDate() throws(StorageError) -> Bool {
        let last = newest
        let present = Set(try engine.sealedSegments().segments.map(\.id))
        return state.withLock { content in
            !content.isIncomplete && content.indexedTo >= last
                && Set(content.segments.keys) == present
                && content.segments.values.allSatisfy { $0.moved == nil }
        }
    }

    /// Entries of segments whose values were read to be indexed.
    package var entriesRead: UInt64 { tally.entriesRead }
    /// Those whose postings were taken from the log's tail or from other segments.
    package var entriesMerged: UInt64 { tally.entriesMerged }

    package func collect(_ text: inout PrometheusText) {
        let content = state.withLock { $0 }
        let pending = max(0, content.known - content.segments.count)
        let last = newest
        let lag = last > content.indexedTo ? last.rawValue - content.indexedTo.rawValue : 0
        text.metric(
            "dcs_search_documents", .gauge, "Live documents that are found.",
            UInt64(content.documents))
        text.metric(
            "dcs_search_lag_records", .gauge, "Records of the log that are not indexed yet.", lag)
        let now = engine.clock.monotonicNanoseconds()
        let behind = lag > 0 ? Double(now - min(now, content.caughtUpAt)) / 1e9 : 0
        text.metric(
            "dcs_search_lag_seconds", .gauge,
            "Time since all that was written by then was found; 0 where it is.", behind)
        text.metric(
            "dcs_search_segments_pending", .gauge, "Segments that are not indexed yet.",
            UInt64(pending))
        text.metric(
            "dcs_search_index_bytes", .gauge, "Bytes of the segments' indexes.",
            UInt64(content.segments.values.reduce(0) { $0 + $1.index.bytes }))
        text.metric(
            "dcs_search_tail_bytes", .gauge, "Memory of the index of the log's tail.",
            UInt64(content.tail.bytes))
        text.metric(
            "dcs_search_entries_merged_total", .counter,
            "Entries of new segments whose postings were at hand.", tally.entriesMerged)
        text.metric(
            "dcs_search_entries_read_total", .counter,
            "Entries of segments whose values were read to be indexed.", tally.entriesRead)
        text.metric(
            "dcs_searches_total", .counter, "Searches asked for.",
            searches.load(ordering: .relaxed))
        text.metric(
            "dcs_searches_partial_total", .counter,
            "Searches answered before everything was looked at.",
            partials.load(ordering: .relaxed))
    }
}

/// Reads the hits of one page.
private struct HitCollector {
    let request: SearchRequest
    let highlighter: Highlighter
    let isTimeUp: () -> Bool

    init(_ request: SearchRequest, _ highlighter: Highlighter, _ isTimeUp: @escaping () -> Bool) {
        self.request = request
        self.highlighter = highlighter
        self.isTimeUp = isTimeUp
    }

    func collect(
        _ result: SearchResult, _ reader: inout HitReader, into answer: inout SearchAnswer
    ) throws(StorageError) {
        guard let mayRead = request.mayRead else {
            return try collectAll(result, &reader, into: &answer)
        }
        var allowed = 0
        var looked = 0
        for hit in result.hits {
            if isTimeUp() { break }
            looked += 1
            guard let entry = try reader.entry(of: hit), entry.key.withUnsafeBytes(mayRead) else {
                continue
            }
            allowed += 1
            if allowed > request.offset, answer.hits.count < request.limit {
                answer.hits.append(shown(entry, hit))
            }
        }
        answer.total = allowed
        answer.isPartial = answer.isPartial || looked < result.hits.count
        answer.isTotalExact = answer.isTotalExact && result.total <= looked
    }

    private func collectAll(
        _ result: SearchResult, _ reader: inout HitReader, into answer: inout SearchAnswer
    ) throws(StorageError) {
        for hit in result.hits where answer.hits.count < request.limit {
            if isTimeUp() {
                answer.isPartial = true
                return
            }
            if let entry = try reader.entry(of: hit) {
                answer.hits.append(shown(entry, hit))
            } else {
                answer.total = max(0, answer.total - 1)
            }
        }
    }

    private func shown(_ entry: FoundEntry, _ hit: SearchHit) -> SearchAnswer.Hit {
        let snippet = entry.value.withUnsafeBytes { value in
            highlighter.snippet(
                of: value, bytesMax: SearchServiceLimits.snippetBytes,
                marks: request.highlight ? .emphasis : nil)
        }
        return SearchAnswer.Hit(key: entry.key, score: hit.score, snippet: snippet)
    }
}
