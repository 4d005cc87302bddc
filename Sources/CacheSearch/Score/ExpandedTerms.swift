/// Queries that stand for many terms: prefixes, ranges and fuzzy words.
///
/// Where the time is up, what is returned is not all: whoever asked looks at the budget before use.
struct ExpandedTerms {
    let index: SearchIndex
    /// The index's number among those asked.
    let number: Int
    let budget: QueryBudget

    /// The documents with a term that begins so, or with the stem of the beginning.
    /// - Throws: `tooLarge` where there are too many such terms.
    func documents(_ prefix: QueryNode.Prefix) throws(QueryError) -> DocumentSet {
        let beginning = prefix.beginning
        var set = try documents(from: beginning) { $0.starts(with: beginning) }
        if let info = prefix.stem.flatMap(index.term) { set.insert(index, info) }
        return set
    }

    /// - Throws: `tooLarge` where there are too many terms in the range.
    func documents(_ range: QueryNode.ValueRange) throws(QueryError) -> DocumentSet {
        switch range.bounds {
        case .numbers(let low, let high): return points(.number, range.path, low, high)
        case .times(let low, let high): return points(.time, range.path, low, high)
        case .words(let low, let high, let includesLow, let includesHigh):
            let field = TermKey.make(path: range.path, term: [])
            let start = field + (low ?? [])
            let end = high.map { field + $0 }
            return try documents(from: start, skips: includesLow ? nil : start) { key in
                guard key.starts(with: field) else { return false }
                guard let end else { return true }
                return key.lexicographicallyPrecedes(end) || (includesHigh && key == end)
            }
        }
    }

    private func documents(
        from start: [UInt8], skips skipped: [UInt8]? = nil, while isWanted: ([UInt8]) -> Bool
    ) throws(QueryError) -> DocumentSet {
        var set = DocumentSet(entries: index.entries)
        var cursor = DictionaryCursor(index.dictionary)
        _ = start.withUnsafeBytes { cursor.seek($0) }
        guard !cursor.isAtEnd else { return set }
        repeat {
            guard isWanted(cursor.key) else { break }
            if cursor.key == skipped { continue }
            try budget.expand(in: number)
            set.insert(index, cursor.info)
            if budget.mustStop(after: cursor.info.documents + QueryBudget.stepCost) { break }
        } while cursor.next()
        return set
    }

    private func points(
        _ kind: PointCollector.Kind, _ path: [UInt8], _ low: Double, _ high: Double
    ) -> DocumentSet {
        var set = DocumentSet(entries: index.entries)
        guard let column = index.points[PointCollector.key(kind, path: path)] else { return set }
        for place in column.range(low, high) {
            set.insert(column.document(place))
            if budget.mustStop(after: 1) { break }
        }
        return set
    }
}
