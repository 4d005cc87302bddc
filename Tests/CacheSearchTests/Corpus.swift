@testable import CacheSearch
import CacheBase

/// Random documents of a few words, with what they should be found by.
struct Corpus {
    static let vocabulary = (0..<40).map { number -> String in
        let letters = Array("abcdefgh")
        return String([letters[number % 8], letters[number / 8], "x", letters[number % 5]])
    }

    var random: Xoshiro256

    init(seed: UInt64) { random = Xoshiro256(seed: seed) }

    /// A word; the first ones are the most frequent.
    mutating func word() -> String {
        let bound = Self.vocabulary.count
        return Self.vocabulary[min(random.below(bound), random.below(bound))]
    }

    mutating func text(_ lengthMax: Int = 30) -> [String] {
        (0..<random.below(lengthMax)).map { _ in word() }
    }

    static func naive(_ words: [String]) -> NaiveSearch.Document {
        var document = NaiveSearch.Document()
        document.words = words.count
        for (place, word) in words.enumerated() {
            let key = TermKey.make(path: [], term: Array(word.utf8))
            document.places[key, default: []].append(UInt32(place))
        }
        return document
    }

    /// A query in the language, of any shape.
    mutating func query(depth: Int = 2) -> String {
        switch random.below(depth > 0 ? 12 : 6) {
        case 0, 1: return word()
        case 2: return "\"\(word()) \(word())\""
        case 3: return "\"\(word()) \(word())\"~\(1 + random.below(4))"
        case 4: return String(word().prefix(2)) + "*"
        case 5: return word() + "^2.5"
        case 6: return (0..<(2 + random.below(4))).map { _ in word() }.joined(separator: " ")
        case 7:
            return (0..<(2 + random.below(2))).map { _ in word() }.joined(separator: " AND ")
        case 8: return "+\(query(depth: depth - 1)) -\(word()) \(word())"
        case 9: return "(\(query(depth: depth - 1))) OR (\(query(depth: depth - 1)))"
        case 10: return "(\(query(depth: depth - 1))) AND NOT (\(query(depth: depth - 1)))"
        default: return "[\(word()) TO \(word())}"
        }
    }

    mutating func live(_ entries: Int, share: Int) -> LiveDocuments {
        var words = [UInt64](repeating: 0, count: (entries + 63) / 64)
        for ordinal in 0..<entries where random.below(100) < share {
            words[ordinal >> 6] |= 1 << UInt64(ordinal & 63)
        }
        return LiveDocuments(words: words)
    }
}

func withBytes<Result>(_ text: String, _ body: (UnsafeRawBufferPointer) throws -> Result) rethrows
    -> Result
{
    try Array(text.utf8).withUnsafeBytes(body)
}

/// An index of texts, one for each ordinal; nil leaves an ordinal without a document.
func makeIndex(
    _ texts: [String?], _ analysis: TextAnalysis = .plain, identity: SearchIdentity = .unnamed
) throws -> SearchIndex {
    let builder = try SearchIndexBuilder(analysis, bytes: 64 << 20)
    for (ordinal, text) in texts.enumerated() {
        if let text { try withBytes(text) { _ = try builder.add($0, at: ordinal) } }
    }
    return builder.finish(entries: texts.count, identity: identity)
}

func ordinals(
    _ query: String, _ index: SearchIndex, _ analysis: TextAnalysis = .plain
) throws -> [Int] {
    let result = try Searcher([SearchPart(index)]).search(
        SearchQuery(query, analysis), SearchOptions(limit: 1000))
    return result.hits.map(\.ordinal).sorted()
}
