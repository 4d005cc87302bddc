/// Queries that stand for many terms: prefixes, ranges and fuzzy words.
enum ExpandedTerms {
    /// The documents with a term that begins so, or with the stem of the beginning.
    /// - Throws: `tooLarge` where there are too many such terms.
    static func documents(
        in index: SearchIndex, _ prefix: QueryNode.Prefix
    ) throws(QueryError) -> DocumentSet {
        let beginning = prefix.beginning
        var set = try documents(in: index, from: beginning) { $0.starts(with: beginning) }
        if let info = prefix.stem.flatMap(index.term) { set.insert(index, info) }
        return set
    }

    static func documents(
        in index: SearchIndex, _ range: QueryNode.ValueRange
    ) throws(QueryError) -> DocumentSet {
        switch range.bounds {
        case .numbers(let low, let high):
            return points(in: index, .number, range.path, low, high)
        case .times(let low, let high):
            return points(in: index, .time, range.path, low, high)
        case .words(let low, let high, let includesLow, let includesHigh):
            let field = TermKey.make(path: range.path, term: [])
            let start = field + (low ?? [])
            let end = high.map { field + $0 }
            return try documents(in: index, from: start, skips: includesLow ? nil : start) { key in
                guard key.starts(with: field) else { return false }
                guard let end else { return true }
                return key.lexicographicallyPrecedes(end) || (includesHigh && key == end)
            }
        }
    }

    private static func documents(
        in index: SearchIndex, from start: [UInt8], skips skipped: [UInt8]? = nil,
        while isWanted: ([UInt8]) -> Bool
    ) throws(QueryError) -> DocumentSet {
        var set = DocumentSet(entries: index.entries)
        var cursor = DictionaryCursor(index.dictionary)
        var count = 0
        _ = start.withUnsafeBytes { cursor.seek($0) }
        guard !cursor.isAtEnd else { return set }
        repeat {
            guard isWanted(cursor.key) else { break }
            if cursor.key == skipped { continue }
            count += 1
            guard count <= SearchLimits.expansionsMax else {
                throw QueryError(
                    .tooLarge,
                    "a prefix or range stands for more than \(SearchLimits.expansionsMax) words")
            }
            set.insert(index, cursor.info)
        } while cursor.next()
        return set
    }

    private static func points(
        in index: SearchIndex, _ kind: PointCollector.Kind, _ path: [UInt8], _ low: Double,
        _ high: Double
    ) -> DocumentSet {
        var set = DocumentSet(entries: index.entries)
        guard let column = index.points[PointCollector.key(kind, path: path)] else { return set }
        for place in column.range(low, high) { set.insert(column.document(place)) }
        return set
    }

    /// The query with each fuzzy word replaced by the terms that it stands for in any of the
    /// indexes: the nearest, then the most frequent. One that is not the word itself counts less.
    static func resolved(_ node: QueryNode, in indexes: [SearchIndex]) -> QueryNode {
        switch node {
        case .fuzzy(let path, let word, let distance):
            return fuzzy(path, word, distance, indexes)
        case .boost(let inner, let factor): return .boost(resolved(inner, in: indexes), factor)
        case .boolean(let clauses):
            return .boolean(
                QueryNode.Clauses(
                    must: clauses.must.map { resolved($0, in: indexes) },
                    should: clauses.should.map { resolved($0, in: indexes) },
                    mustNot: clauses.mustNot.map { resolved($0, in: indexes) }))
        case .term, .phrase, .prefix, .range, .all: return node
        }
    }

    private static func fuzzy(
        _ path: [UInt8], _ word: [UInt8], _ distance: Int, _ indexes: [SearchIndex]
    ) -> QueryNode {
        var terms: [[UInt8]: (distance: Int, documents: Int)] = [:]
        for index in indexes {
            var search = FuzzyTerms(field: path, word: word, distance: distance)
            for found in search.find(in: index) {
                let before = terms[found.key]?.documents ?? 0
                terms[found.key] = (found.distance, before + found.documents)
            }
        }
        let best = terms.sorted { left, right in
            if left.value.distance != right.value.distance {
                return left.value.distance < right.value.distance
            }
            if left.value.documents != right.value.documents {
                return left.value.documents > right.value.documents
            }
            return left.key.lexicographicallyPrecedes(right.key)
        }
        .prefix(SearchLimits.fuzzyExpansionsMax)
        guard !best.isEmpty else { return .term(TermKey.make(path: path, term: word)) }
        let nodes = best.map { term -> QueryNode in
            let node = QueryNode.term(term.key)
            return term.value.distance == 0
                ? node : .boost(node, 1 / Float(1 + term.value.distance))
        }
        return .boolean(QueryNode.Clauses(should: nodes))
    }
}
