@testable import CacheSearch
import Glibc

/// A search without an index: looks at every document. What the index must agree with.
struct NaiveSearch: Sendable {
    struct Document: Sendable {
        /// Key of the dictionary to places.
        var places: [[UInt8]: [UInt32]] = [:]
        var words = 0
        var points: [[UInt8]: [Double]] = [:]
    }

    /// By part and ordinal; nil where there is none.
    var parts: [[Document?]]
    var isLive: @Sendable (Int, Int) -> Bool = { _, _ in true }

    /// Live ones: the dead do not count in scores.
    private var all: [Document] {
        parts.enumerated().flatMap { part, documents in
            documents.enumerated().compactMap { isLive(part, $0) ? $1 : nil }
        }
    }

    /// Every live match with its score.
    func search(_ query: SearchQuery) -> [SearchHit] {
        guard let root = query.root else { return [] }
        let statistics = Statistics(all)
        var hits: [SearchHit] = []
        for (part, documents) in parts.enumerated() {
            for (ordinal, document) in documents.enumerated() {
                guard let document, isLive(part, ordinal),
                    let score = score(root, document, statistics)
                else { continue }
                hits.append(SearchHit(part: part, ordinal: ordinal, score: Float(score)))
            }
        }
        return hits
    }

    final class Statistics {
        let documents: [Document]
        let mean: Double
        private var known: [[UInt8]: Double] = [:]

        init(_ documents: [Document]) {
            self.documents = documents
            let words = documents.reduce(0) { $0 + $1.words }
            mean = words == 0 ? 1 : Double(words) / Double(documents.count)
        }

        func idf(_ key: [UInt8]) -> Double {
            if let value = known[key] { return value }
            let having = Double(documents.count { $0.places[key] != nil })
            let value = log(1 + (Double(documents.count) - having + 0.5) / (having + 0.5))
            known[key] = value
            return value
        }

        func part(_ frequency: Double, _ document: Document) -> Double {
            frequency / (frequency + 1.2 * (0.25 + 0.75 * Double(document.words) / mean))
        }
    }

    private func score(_ node: QueryNode, _ document: Document, _ statistics: Statistics) -> Double?
    {
        switch node {
        case .term(let key):
            guard let places = document.places[key] else { return nil }
            return statistics.idf(key) * statistics.part(Double(places.count), document)
        case .phrase(let phrase):
            let frequency = frequency(phrase, document)
            guard frequency > 0 else { return nil }
            let weight = phrase.terms.reduce(0) { $0 + statistics.idf($1) }
            return weight * statistics.part(frequency, document)
        case .prefix(let prefix):
            return document.places.keys.contains(where: prefix.matches) ? 1 : nil
        case .range(let range): return matches(range, document) ? 1 : nil
        case .all: return 1
        case .boost(let inner, let factor):
            return score(inner, document, statistics).map { $0 * Double(factor) }
        case .boolean(let clauses): return score(clauses, document, statistics)
        case .fuzzy: preconditionFailure("not asked here")
        }
    }

    private func score(
        _ clauses: QueryNode.Clauses, _ document: Document, _ statistics: Statistics
    ) -> Double? {
        let must = clauses.must.map { score($0, document, statistics) }
        let should = clauses.should.compactMap { score($0, document, statistics) }
        let isExcluded = clauses.mustNot.contains { score($0, document, statistics) != nil }
        guard !isExcluded, !must.contains(nil), !(must.isEmpty && should.isEmpty) else {
            return nil
        }
        return must.reduce(0) { $0 + ($1 ?? 0) } + should.reduce(0, +)
    }

    private func frequency(_ phrase: QueryNode.Phrase, _ document: Document) -> Double {
        let lists = phrase.terms.map { document.places[$0] ?? [] }
        guard !lists.contains([]) else { return 0 }
        if phrase.slop == 0 {
            return Double(
                lists[0].count { start in
                    zip(lists, phrase.offsets).allSatisfy { $0.contains(start + $1) }
                })
        }
        // Every place begins the narrowest window of which it is the first word.
        var sum = 0.0
        var next = lists.map { _ in 0 }
        while zip(lists, next).allSatisfy({ $1 < $0.count }) {
            let heads = zip(lists, next).map { $0[$1] }
            let (low, high) = (heads.min() ?? 0, heads.max() ?? 0)
            if high - low <= phrase.slop + UInt32(lists.count) - 1 {
                sum += 1 / (1 + max(0, Double(high - low) - Double(lists.count - 1)))
            }
            next[heads.firstIndex(of: low) ?? 0] += 1
        }
        return sum
    }

    private func matches(_ range: QueryNode.ValueRange, _ document: Document) -> Bool {
        switch range.bounds {
        case .numbers(let low, let high):
            let key = PointCollector.key(.number, path: range.path)
            return (document.points[key] ?? []).contains { $0 >= low && $0 <= high }
        case .times(let low, let high):
            let key = PointCollector.key(.time, path: range.path)
            return (document.points[key] ?? []).contains { $0 >= low && $0 <= high }
        case .words(let low, let high, let includesLow, let includesHigh):
            let field = TermKey.make(path: range.path, term: [])
            return document.places.keys.contains { key in
                guard key.starts(with: field) else { return false }
                let word = Array(key[field.count...])
                if let low, word.lexicographicallyPrecedes(low) || (!includesLow && word == low) {
                    return false
                }
                if let high, high.lexicographicallyPrecedes(word) || (!includesHigh && word == high)
                {
                    return false
                }
                return true
            }
        }
    }
}
