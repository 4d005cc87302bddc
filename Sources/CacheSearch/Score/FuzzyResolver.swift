/// Replaces each fuzzy word of a query by the terms that it stands for in any of several indexes:
/// the nearest, then the most frequent. One that is not the word itself counts less.
///
/// Where the time is up, what is returned is not all: whoever asked looks at the budget before use.
struct FuzzyResolver {
    let parts: [SearchPart]
    let budget: QueryBudget

    /// - Throws: `tooLarge` where the words stand for too many terms.
    func resolved(_ node: QueryNode) throws(QueryError) -> QueryNode {
        switch node {
        case .fuzzy(let path, let word, let distance):
            return union(try best(path, word, distance), path, word)
        case .boost(let inner, let factor): return .boost(try resolved(inner), factor)
        case .boolean(let clauses):
            return .boolean(
                QueryNode.Clauses(
                    must: try resolved(clauses.must), should: try resolved(clauses.should),
                    mustNot: try resolved(clauses.mustNot)))
        case .term, .phrase, .prefix, .range, .all: return node
        }
    }

    private func resolved(_ nodes: [QueryNode]) throws(QueryError) -> [QueryNode] {
        var all: [QueryNode] = []
        for node in nodes { all.append(try resolved(node)) }
        return all
    }

    private struct Candidate {
        var key: [UInt8]
        var distance: Int
        var documents: Int

        func isBetter(than other: Candidate) -> Bool {
            if distance != other.distance { return distance < other.distance }
            if documents != other.documents { return documents > other.documents }
            return key.lexicographicallyPrecedes(other.key)
        }
    }

    private func best(
        _ path: [UInt8], _ word: [UInt8], _ distance: Int
    ) throws(QueryError) -> ArraySlice<Candidate> {
        var terms: [[UInt8]: Candidate] = [:]
        for (number, part) in parts.enumerated() where !budget.isTimeUp {
            let live = LiveStatistics(part: part, budget: budget)
            var search = FuzzyTerms(field: path, word: word, distance: distance)
            for found in try search.find(in: part.index, number: number, budget) {
                terms[
                    found.key,
                    default: Candidate(key: found.key, distance: found.distance, documents: 0)
                ].documents += live.documents(found.info)
            }
        }
        return terms.values.filter { $0.documents > 0 }.sorted { $0.isBetter(than: $1) }
            .prefix(SearchLimits.fuzzyExpansionsMax)
    }

    private func union(
        _ terms: ArraySlice<Candidate>, _ path: [UInt8], _ word: [UInt8]
    ) -> QueryNode {
        guard !terms.isEmpty else { return .term(TermKey.make(path: path, term: word)) }
        let nodes = terms.map { term -> QueryNode in
            let node = QueryNode.term(term.key)
            return term.distance == 0 ? node : .boost(node, 1 / Float(1 + term.distance))
        }
        return .boolean(QueryNode.Clauses(should: nodes))
    }
}
