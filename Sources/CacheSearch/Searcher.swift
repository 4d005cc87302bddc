/// An index to be searched, and which of its entries are live.
package struct SearchPart: Sendable {
    package let index: SearchIndex
    /// Nil where every entry is.
    package let live: LiveDocuments?

    package init(_ index: SearchIndex, live: LiveDocuments? = nil) {
        self.index = index
        self.live = live
    }
}

/// How much of an answer is wanted.
package struct SearchOptions: Sendable {
    package var limit: Int
    /// Hits left out before the first.
    package var offset: Int
    /// Up to here the total is exact.
    package var totalExactMax: Int

    package init(
        limit: Int = 10, offset: Int = 0, totalExactMax: Int = SearchLimits.totalExactMax
    ) {
        self.limit = limit
        self.offset = offset
        self.totalExactMax = totalExactMax
    }

    /// - Throws: `tooLarge` where more is wanted than one answer can have.
    package func check() throws(QueryError) {
        let wanted = limit.addingReportingOverflow(offset)
        guard limit >= 0, offset >= 0, !wanted.overflow,
            wanted.partialValue <= SearchLimits.hitsMax
        else {
            throw QueryError(
                .tooLarge, "limit and offset are at most \(SearchLimits.hitsMax) together")
        }
    }
}

/// A document that was found.
package struct SearchHit: Sendable, Equatable {
    /// Which of the searcher's parts it is in.
    package let part: Int
    package let ordinal: Int
    package let score: Float
}

/// What a search found.
package struct SearchResult: Sendable {
    /// The best first; those with the same score in the order of parts and ordinals.
    package var hits: [SearchHit]
    /// Live documents that match.
    package var total: Int
    /// False where there are at least so many.
    package var isTotalExact: Bool
    /// The time was up before everything was looked at.
    package var isPartial: Bool
}

/// Asks several indexes as if they were one. A value for one question: it holds what was live when
/// it was made.
package struct Searcher: Sendable {
    package let parts: [SearchPart]

    package init(_ parts: [SearchPart]) { self.parts = parts }

    /// What scores depend on, as these parts' live entries have it: scores are those of an index
    /// built afresh from them.
    ///
    /// - Parameter isTimeUp: asked every few thousand steps; what is returned is not all then.
    /// - Throws: `tooLarge`.
    package func statistics(
        for query: SearchQuery, isTimeUp: @escaping () -> Bool = { false }
    ) throws(QueryError) -> CorpusStatistics {
        guard let root = query.root else { return CorpusStatistics() }
        let budget = QueryBudget(indexes: parts.count, isTimeUp: isTimeUp)
        let resolved = try FuzzyResolver(parts: parts, budget: budget).resolved(root)
        return statistics(of: resolved, budget)
    }

    private func statistics(of root: QueryNode, _ budget: QueryBudget) -> CorpusStatistics {
        var statistics = CorpusStatistics()
        root.forEachTerm { statistics.frequencies[$0] = 0 }
        for part in parts where !budget.isTimeUp {
            let live = LiveStatistics(part: part, budget: budget)
            let totals = live.totals()
            statistics.documents += totals.documents
            statistics.words += totals.words
            for key in statistics.frequencies.keys {
                guard let info = part.index.term(key) else { continue }
                statistics.frequencies[key, default: 0] += UInt64(live.documents(info))
            }
        }
        return statistics
    }

    /// Finds the best documents.
    ///
    /// - Parameters:
    ///   - statistics: of the whole corpus, where these parts are not all of it.
    ///   - isTimeUp: asked every few thousand documents or words; the answer is partial from then
    ///     on.
    /// - Throws: `tooLarge`.
    package func search(
        _ query: SearchQuery, _ options: SearchOptions = SearchOptions(),
        statistics: CorpusStatistics? = nil, isTimeUp: @escaping () -> Bool = { false }
    ) throws(QueryError) -> SearchResult {
        try options.check()
        let budget = QueryBudget(indexes: parts.count, isTimeUp: isTimeUp)
        let collector = Collector(
            capacity: options.limit + options.offset, exactMax: options.totalExactMax, budget)
        if let root = query.root {
            let resolved = try FuzzyResolver(parts: parts, budget: budget).resolved(root)
            let statistics = statistics ?? self.statistics(of: resolved, budget)
            for number in parts.indices where !budget.isTimeUp {
                try run(resolved, number, statistics, collector)
            }
        }
        let hits = collector.top.sorted().dropFirst(options.offset).map {
            SearchHit(part: Int($0.part), ordinal: Int($0.document), score: $0.score)
        }
        return SearchResult(
            hits: hits, total: collector.total,
            isTotalExact: collector.isTotalExact && !budget.isTimeUp, isPartial: budget.isTimeUp)
    }

    private func run(
        _ root: QueryNode, _ number: Int, _ statistics: CorpusStatistics, _ collector: Collector
    ) throws(QueryError) {
        let part = parts[number]
        let plan = QueryPlan(part.index, number: number, statistics, collector.budget)
        collector.part = Int32(number)
        if let terms = plan.termsOfUnion(root) {
            if terms.count == 1 {
                TermSearch.run(terms[0], part.live, collector)
            } else if !terms.isEmpty {
                UnionSearch(terms, part.live, collector).run()
            }
            return
        }
        let cursor = try plan.cursor(root)
        guard let cursor, !collector.budget.isTimeUp else { return }
        walk(cursor, part.live, collector)
    }

    private func walk(
        _ cursor: DocumentCursor, _ live: LiveDocuments?, _ collector: Collector
    ) {
        while cursor.document != PostingsCursor.ended {
            let document = cursor.document
            if live?.isLive(Int(document)) ?? true {
                collector.count(1)
                collector.top.insert(cursor.score(), collector.part, document)
                if !collector.isCounting, collector.top.threshold > 0 {
                    cursor.minimumScore = collector.top.threshold
                    collector.noteSkipped()
                }
            }
            if collector.mustStop(after: 1) { return }
            cursor.next()
        }
    }
}
