/// Turns a query's tree into cursors over one index; the cheapest part of a conjunction leads.
struct QueryPlan {
    let index: SearchIndex
    let statistics: CorpusStatistics
    private let meanLength: Float
    private let budget: QueryBudget
    private let expanded: ExpandedTerms

    /// - Parameter number: of the index among those asked.
    init(
        _ index: SearchIndex, number: Int, _ statistics: CorpusStatistics, _ budget: QueryBudget
    ) {
        self.index = index
        self.statistics = statistics
        self.budget = budget
        meanLength = statistics.meanLength
        expanded = ExpandedTerms(index: index, number: number, budget: budget)
    }

    /// A term with its weight; nil where the index does not have it.
    func term(_ key: [UInt8], _ boost: Float) -> WeightedTerm? {
        index.term(key).map { info in
            let frequency = statistics.frequencies[key] ?? UInt64(info.documents)
            return WeightedTerm(
                index, info, weight: statistics.inverseFrequency(frequency) * boost,
                meanLength: meanLength)
        }
    }

    /// The terms of a query that asks for any of several words and for nothing else.
    func termsOfUnion(_ node: QueryNode, _ boost: Float = 1) -> [WeightedTerm]? {
        switch node {
        case .term(let key): return term(key, boost).map { [$0] } ?? []
        case .boost(let inner, let factor):
            return termsOfUnion(inner, Relevance.boost(boost, factor))
        case .boolean(let clauses) where clauses.must.isEmpty && clauses.mustNot.isEmpty:
            var terms: [WeightedTerm] = []
            for clause in clauses.should {
                guard let found = termsOfUnion(clause, boost) else { return nil }
                terms += found
            }
            return terms
        case .boolean, .phrase, .prefix, .fuzzy, .range, .all: return nil
        }
    }

    /// What finds the documents of a part of a query; nil where there are none. Not to be used
    /// where the budget's time is up meanwhile: it may find too many then, as well as too few.
    func cursor(_ node: QueryNode, _ boost: Float = 1) throws(QueryError) -> DocumentCursor? {
        switch node {
        case .term(let key): return term(key, boost).map(TermCursor.init)
        case .phrase(let phrase): return self.phrase(phrase, boost)
        case .prefix(let prefix):
            return set(try expanded.documents(prefix), boost)
        case .range(let range): return set(try expanded.documents(range), boost)
        case .all: return AllCursor(index, score: boost)
        case .boost(let inner, let factor): return try cursor(inner, Relevance.boost(boost, factor))
        case .boolean(let clauses): return try boolean(clauses, boost)
        case .fuzzy: preconditionFailure("fuzzy words are resolved before")
        }
    }

    private func set(_ set: DocumentSet, _ boost: Float) -> DocumentCursor? {
        let cursor = SetCursor(set, score: boost)
        return cursor.document == PostingsCursor.ended ? nil : cursor
    }

    private func phrase(_ phrase: QueryNode.Phrase, _ boost: Float) -> DocumentCursor? {
        var terms: [WeightedTerm] = []
        for key in phrase.terms {
            guard let term = term(key, boost) else { return nil }
            terms.append(term)
        }
        return PhraseCursor(terms, index, phrase, budget)
    }

    private func boolean(
        _ clauses: QueryNode.Clauses, _ boost: Float
    ) throws(QueryError) -> DocumentCursor? {
        if clauses.should.isEmpty, clauses.mustNot.isEmpty, clauses.must.count > 1,
            let terms = onlyTerms(clauses.must, boost)
        {
            return terms.isEmpty ? nil : IntersectionCursor(terms, budget)
        }
        var must: [DocumentCursor] = []
        for node in clauses.must {
            guard let part = try cursor(node, boost) else { return nil }
            must.append(part)
        }
        var should = try parts(clauses.should, boost)
        if must.isEmpty {
            guard !should.isEmpty else { return nil }
            must = [should.count == 1 ? should[0] : UnionCursor(should)]
            should = []
        }
        let mustNot = try parts(clauses.mustNot, boost)
        if must.count == 1, should.isEmpty, mustNot.isEmpty { return must[0] }
        return BooleanCursor(must: must, should: should, mustNot: mustNot, budget)
    }

    private func parts(
        _ nodes: [QueryNode], _ boost: Float
    ) throws(QueryError) -> [DocumentCursor] {
        var parts: [DocumentCursor] = []
        for node in nodes {
            if let part = try cursor(node, boost) { parts.append(part) }
        }
        return parts
    }

    /// The terms where all nodes are terms; empty where the index lacks one.
    private func onlyTerms(_ nodes: [QueryNode], _ boost: Float) -> [WeightedTerm]? {
        var terms: [WeightedTerm] = []
        var isMissing = false
        for node in nodes {
            var (inner, factor) = (node, boost)
            while case .boost(let next, let more) = inner {
                (inner, factor) = (next, Relevance.boost(factor, more))
            }
            guard case .term(let key) = inner else { return nil }
            if let term = term(key, factor) { terms.append(term) } else { isMissing = true }
        }
        return isMissing ? [] : terms
    }
}
