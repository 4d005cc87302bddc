@testable import CacheSearch

/// What must hold of any query and any value at all. A violation stops the process. Each check tells
/// whether the input was accepted.
enum FuzzChecks {
    static let all: [(name: String, check: @Sendable (UnsafeRawBufferPointer) -> Bool)] = [
        ("query", query), ("value", value),
    ]

    // MARK: Queries

    private static let texts = [
        "cache disk", "disk cache cache", "cold start of a cache", "start cold", "", "stop",
        "the cached disks are cold", "cab cabal cable", "2 10 1999", "a b c d e f g a b c",
    ]
    private static let index: SearchIndex = makeIndex(texts.map { Array($0.utf8) })
    private static let naive = NaiveSearch(parts: [
        texts.map { text in
            var document = NaiveSearch.Document()
            let words = text.split(separator: " ")
            document.words = words.count
            for (place, word) in words.enumerated() {
                let key = TermKey.make(path: [], term: Array(word.utf8))
                document.places[key, default: []].append(UInt32(place))
            }
            return document
        }
    ])

    /// A query is refused at a place of it, or finds what looking at every document finds.
    static func query(_ input: UnsafeRawBufferPointer) -> Bool {
        guard let text = String(validating: input, as: UTF8.self) else { return false }
        for analysis in [TextAnalysis.plain, .standard] {
            do {
                let query = try SearchQuery(text, analysis)
                precondition(query == (try? SearchQuery(text, analysis)), "parsed otherwise")
                search(query)
                highlight(query, input)
            } catch {
                let place = error.offset ?? 0
                precondition(!error.message.isEmpty && (0...input.count).contains(place))
                return false
            }
        }
        return true
    }

    private static func search(_ query: SearchQuery) {
        let options = SearchOptions(limit: 100, totalExactMax: 1000)
        guard let found = try? Searcher([SearchPart(index)]).search(query, options) else { return }
        precondition(found.total == found.hits.count && found.isTotalExact && !found.isPartial)
        precondition(found.hits.allSatisfy { $0.score.isFinite && $0.score >= 0 })
        guard query.analysis == .plain, let root = query.root, !root.hasFuzzy else { return }
        let expected = naive.search(query).sorted { $0.ordinal < $1.ordinal }
        let hits = found.hits.sorted { $0.ordinal < $1.ordinal }
        precondition(hits.map(\.ordinal) == expected.map(\.ordinal), "finds something else")
        for (hit, wanted) in zip(hits, expected) {
            let difference = (hit.score - wanted.score).magnitude
            precondition(difference <= 1e-3 * max(1, wanted.score), "another score")
        }
    }

    // MARK: Values

    /// What is indexed comes back from its bytes and from a merge; a snippet is of the value.
    static func value(_ input: UnsafeRawBufferPointer) -> Bool {
        let index = makeIndex([Array(input)])
        let isIndexed = index.isIndexed(0)
        precondition(index.documents == (isIndexed ? 1 : 0))
        let merged = SearchIndexMerger.merge(
            [SearchIndexMerger.Source(index, ordinals: [0])], entries: 1)
        precondition(image(of: merged) == image(of: index), "a merge changes an index")
        var bytes = image(of: index)
        bytes.withUnsafeMutableBytes { raw in
            let again = try? SearchIndex(verifying: UnsafeRawBufferPointer(raw), owner: index)
            precondition(again?.terms == index.terms, "an index is not what was written")
        }
        if let query = try? SearchQuery("cache OR a* OR \"the value\"", .plain) {
            highlight(query, input)
        }
        return isIndexed
    }

    private static func highlight(_ query: SearchQuery, _ value: UnsafeRawBufferPointer) {
        let highlighter = Highlighter(query)
        let plain = highlighter.snippet(of: value, bytesMax: 100)
        let marked = highlighter.snippet(of: value, bytesMax: 100, marks: .emphasis)
        precondition((plain == nil) == (marked == nil))
        guard let plain else { return }
        precondition(plain.utf8.count <= 100 + 2 * "…".utf8.count, "a snippet that is too long")
    }

    private static func makeIndex(_ values: [[UInt8]]) -> SearchIndex {
        guard let builder = try? SearchIndexBuilder(.plain, bytes: 64 << 20) else {
            fatalError("no address space")
        }
        for (ordinal, value) in values.enumerated() {
            _ = value.withUnsafeBytes { try? builder.add($0, at: ordinal) }
        }
        return builder.finish(entries: values.count)
    }

    private static func image(of index: SearchIndex) -> [UInt8] {
        index.withImage { Array($0) }
    }
}

extension QueryNode {
    /// Looking at every document cannot tell what the nearest words of an index are.
    fileprivate var hasFuzzy: Bool {
        switch self {
        case .fuzzy: true
        case .boolean(let clauses):
            (clauses.must + clauses.should + clauses.mustNot).contains(where: \.hasFuzzy)
        case .boost(let node, _): node.hasFuzzy
        case .term, .phrase, .prefix, .range, .all: false
        }
    }
}
