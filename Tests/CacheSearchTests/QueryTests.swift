import CacheBase
import Testing

@testable import CacheSearch

@Suite struct QueryTests {
    private let texts = [
        "the quick brown fox", "the lazy dog", "quick quick dog", "brown dogs and a lazy fox",
        "fox",
    ]

    @Test(
        arguments: [
            ("fox", [0, 3, 4]), ("quick lazy", [0, 1, 2, 3]), ("quick AND dog", [2]),
            ("dog AND NOT quick", [1]), ("+dog -quick", [1]), ("dog -quick", [1]),
            ("-fox", [1, 2]),
            ("NOT fox", [1, 2]), ("*", [0, 1, 2, 3, 4]), ("\"brown fox\"", [0]),
            ("\"fox brown\"", []),
            ("\"fox brown\"~1", [0]), ("\"fox brown\"~4", [0, 3]), ("do*", [1, 2, 3]),
            ("quik~1", [0, 2]), ("qiuck~", [0, 2]), ("qu~2", [3]), ("lzy~1 AND dog", [1]),
            ("(quick OR lazy) AND (dog OR fox)", [0, 1, 2, 3]),
            ("fox OR dog AND quick", [0, 2, 3, 4]),
            ("fox && !brown", [4]), ("fox || dog", [0, 1, 2, 3, 4]),
            ("quick AND (dog OR NOT fox)", [2]),
            ("[brown TO fox]", [0, 1, 2, 3, 4]), ("{brown TO fox}", [1, 2, 3]),
            ("[s TO *]", [0, 1]),
            ("quick^3 dog", [0, 1, 2]), ("FOX", [0, 3, 4]), ("qu\\*ck", []),
            ("?? fox", [0, 3, 4]),
            ("brown-dogs", [3]), ("...", []), ("+fox +...", [0, 3, 4]), ("a*  -do*", [] as [Int]),
        ] as [(String, [Int])]) func findsWhatItSays(query: String, expected: [Int]) throws
    {
        #expect(try ordinals(query, makeIndex(texts)) == expected)
    }

    @Test(
        arguments: [
            ("cache*", [0, 1, 2, 7]), ("caches*", [0, 1, 7]), ("cach*", [0, 1, 2, 7]),
            ("cacher*", [2]),
            ("running*", [3]), ("run*", [3, 4, 5]), ("happy*", [6]), ("title:caches*", [7]),
            ("title:cach*", [7]), ("+cache* -cacher*", [0, 1, 7]), ("dog*", []),
        ] as [(String, [Int])]) func aPrefixFindsTheWordItselfWhereTermsAreStems(
            query: String, expected: [Int]
        ) throws
    {
        let index = try makeIndex(
            [
                "a cache", "caching", "the cacher", "runs", "runner", "runes", "happiness",
                #"{"title":"caches"}"#,
            ], .standard)
        #expect(try ordinals(query, index, .standard) == expected)
    }

    @Test(arguments: [
        ("", 0), ("   ", 0), ("(fox", 0), ("fox)", 3), ("\"fox", 0), ("a OR", 4), ("a AND ", 6),
        ("[a TO", 0), ("[a b]", 3), ("f*x", 1), ("x^", 2), ("x^0", 2), ("x~9", 2), ("\"a\"~x", 4),
        ("title:", 5), ("-", 1), ("a \\", 2), (")(", 0), ("\"a b\" \"", 6), ("]", 0), ("^2", 0),
    ]) func refusesWithAReasonAndAPlace(query: String, offset: Int) {
        let error = #expect(throws: QueryError.self) { try SearchQuery(query, .plain) }
        #expect(error?.kind == .syntax)
        #expect((error?.offset ?? 0) == offset, "\(error?.description ?? "")")
    }

    @Test func limitsAreRefusedBeforeAnyWork() throws {
        let words = (0..<10_000).map { "w\($0 % 10)" }.joined(separator: " ")
        let terms = (0..<2000).map { "w\($0)" }.joined(separator: " ")
        let deep = String(repeating: "(", count: 33) + "a" + String(repeating: ")", count: 33)
        let fields = String(repeating: "a:", count: 40) + "b"
        for query in [words, terms, deep, fields] {
            let error = #expect(throws: QueryError.self) { try SearchQuery(query, .plain) }
            #expect(error?.kind == .tooLarge)
        }
        let inside = String(repeating: "(", count: 32) + "fox" + String(repeating: ")", count: 32)
        #expect(try ordinals(inside, makeIndex(texts)) == [0, 3, 4])
    }

    @Test func deepPagingContinuesWhereThePageBeforeEnded() throws {
        let index = try makeIndex(
            (0..<500).map { "word " + String(repeating: "x ", count: $0 % 7) })
        let searcher = Searcher([SearchPart(index)])
        let query = try SearchQuery("word x", .plain)
        let all = try searcher.search(query, SearchOptions(limit: 500)).hits
        #expect(all.count == 500)
        var paged: [SearchHit] = []
        for offset in stride(from: 0, to: 520, by: 40) {
            paged += try searcher.search(query, SearchOptions(limit: 40, offset: offset)).hits
        }
        #expect(paged == all)
        for options in [
            SearchOptions(limit: 10_001), SearchOptions(limit: 10, offset: .max),
            SearchOptions(limit: -1),
        ] { #expect(throws: QueryError.self) { try searcher.search(query, options) } }
    }

    @Test func theTotalIsExactUpToItsBound() throws {
        let index = try makeIndex((0..<3000).map { _ in "common rare" })
        let searcher = Searcher([SearchPart(index)])
        let query = try SearchQuery("common AND rare", .plain)
        let exact = try searcher.search(query, SearchOptions(totalExactMax: 3000))
        #expect(exact.total == 3000 && exact.isTotalExact)
        let bounded = try searcher.search(query, SearchOptions(totalExactMax: 1000))
        #expect(bounded.total > 1000 && !bounded.isTotalExact)
        let counted = try searcher.search(query, SearchOptions(limit: 0, totalExactMax: 3000))
        #expect(counted.total == 3000 && counted.hits.isEmpty)
    }

    @Test func whatTakesTooLongIsPartial() throws {
        let index = try makeIndex((0..<40_000).map { _ in "a b" })
        let searcher = Searcher([SearchPart(index)])
        for text in ["a", "a b", "a AND b", "\"a b\"", "*", "a*", "a~1", "+a -b*", "[a TO b]"] {
            let result = try searcher.search(
                SearchQuery(text, .plain), SearchOptions(totalExactMax: 1 << 20), isTimeUp: { true }
            )
            #expect(result.isPartial && !result.isTotalExact, "\(text)")
        }
    }

    @Test(arguments: [
        "a AND b", "\"a b\"", "\"a b\"~1", "+a +b*", "+a -c", "+(a c) +b", "+c* -a*",
    ]) func timeIsLookedAtWhereNothingMatches(text: String) throws {
        // Either word in every other document, and never both.
        let index = try makeIndex((0..<60_000).map { $0 % 2 == 0 ? "a c" : "b" })
        let query = try SearchQuery(text, .plain)
        var asked = 0
        let whole = try Searcher([SearchPart(index)]).search(query) {
            asked += 1
            return false
        }
        #expect(whole.total == 0 && !whole.isPartial)
        #expect(asked >= 2, "\(text)")
        let cut = try Searcher([SearchPart(index)]).search(query) { true }
        #expect(cut.isPartial && cut.hits.isEmpty)
    }

    @Test func timeIsLookedAtWithinOneLongDocument() throws {
        let index = try makeIndex([String(repeating: "a ", count: 10_000)])
        for text in ["\"a a\"~9", "\"" + String(repeating: "a ", count: 20) + "\""] {
            var asked = 0
            _ = try Searcher([SearchPart(index)]).search(SearchQuery(text, .plain)) {
                asked += 1
                return false
            }
            #expect(asked > 0, "\(text)")
        }
    }

    @Test(arguments: ["w*", "[w TO *]", "w00000~2"]) func manyExpansionsShareOneBudget(
        part: String
    ) throws {
        let words = (0..<600).map { "w" + String(100_000 + $0).dropFirst() }
        let index = try makeIndex([words.joined(separator: " ")])
        let searcher = Searcher([SearchPart(index)])
        #expect(try searcher.search(SearchQuery(part, .plain)).total == 1)
        let many = try SearchQuery(
            [String](repeating: part, count: 400).joined(separator: " "), .plain)
        let error = #expect(throws: QueryError.self) { try searcher.search(many) }
        #expect(error?.kind == .tooLarge)
        // Time ends it before the budget does.
        #expect(try searcher.search(many, isTimeUp: { true }).isPartial)
    }

    @Test(arguments: [
        "word", "other word", "\"word other\"", "+word +other", "word*", "\"word other\"~2",
        "word~1",
    ]) func weightsWithinWeightsStayNumbers(inner: String) throws {
        let index = try makeIndex([
            "word other", "other word word", "word", String(repeating: "word other ", count: 400),
        ])
        for factor in ["1000000", "0.000001", "0.00000000000000000000000000000000000001"] {
            var text = inner
            for _ in 0..<30 { text = "(\(text))^\(factor)" }
            for limit in [1, 10] {
                let result = try Searcher([SearchPart(index)]).search(
                    SearchQuery(text, .plain), SearchOptions(limit: limit, totalExactMax: 0))
                #expect(!result.hits.isEmpty)
                #expect(result.hits.allSatisfy { $0.score.isFinite && $0.score > 0 }, "\(text)")
            }
        }
    }

    @Test func valuesOfJSONAreFoundByField() throws {
        let index = try makeIndex([
            #"{"title":"Quick fox","size":10,"tags":["red","big dog"],"when":"2024-03-01"}"#,
            #"{"title":"Lazy dog","size":-2.5e1,"tags":[],"author":{"name":"Ann Fox"}}"#,
            #"[{"size":11},{"size":3}]"#, #"{"title":"unfinished"#, "size 10",
            #"{"when":"2024-03-01T10:00:00Z","ok":true,"none":null,"e":"\u00e9t\u00e9 \ud83d\udc4d"}"#,
        ])
        let cases: [(String, [Int])] = [
            ("fox", [0, 1]), ("title:fox", [0]), ("author.name:fox", [1]), ("tags:dog", [0]),
            ("tags:(red OR blue)", [0]), ("title:\"lazy dog\"", [1]), ("\"red big\"", []),
            ("title:qu*", [0]), ("title:quik~1", [0]), ("title:*", [0, 1]), ("size:10", [0]),
            ("size:[10 TO 11]", [0, 2]), ("size:{10 TO 11]", [2]), ("size:[* TO 0]", [1]),
            ("size:[3 TO 3]", [2]), ("size:{3 TO 3}", []),
            ("when:[2024-03-01 TO 2024-03-01]", [0, 5]),
            ("when:[2024-03-01T09:00:00Z TO *]", [5]), ("when:{2024-03-01 TO *]", []),
            ("unfinished", [3]), ("title:unfinished", []), ("ok:true", [5]), ("e:ete", [5]),
            ("nosuch:[1 TO 2]", []), ("size:[a TO b]", []), ("👍", [5]), ("[1 TO 2]", [0, 2, 4]),
        ]
        for (query, expected) in cases {
            #expect(try ordinals(query, index) == expected, "\(query)")
        }
    }

    @Test func anyQueryIsAnsweredOrRefused() throws {
        let index = try makeIndex(texts)
        var random = SystemRandomNumberGenerator()
        let pieces = [
            "fox", "\"", "(", ")", "[", "]", "{", "}", " TO ", "*", "~", "^", ":", "\\", "+", "-",
            "!",
            " AND ", " OR ", "NOT ", " ", "2", "שלום", "👩‍👩‍👧", "é", "title:", "\u{0}", "&&", "||", ".",
        ]
        for _ in 0..<5000 {
            let text = (0..<random.below(9)).map { _ in pieces[random.below(pieces.count)] }
                .joined()
            if let query = try? SearchQuery(text, .standard) {
                let result = try Searcher([SearchPart(index)]).search(query)
                #expect(result.hits.count == result.total, "\(text)")
            }
        }
    }

    @Test func rightToLeftAndEmojiAreFound() throws {
        let index = try makeIndex(["שלום עולם", "مرحبا", "party 🎉 now", "🇩🇪 flag", "東京都"])
        #expect(try ordinals("עולם", index) == [0])
        #expect(try ordinals("مرحبا", index) == [1])
        #expect(try ordinals("🎉", index) == [2])
        #expect(try ordinals("🇩🇪", index) == [3])
        #expect(try ordinals("京都", index) == [4])
        #expect(try ordinals("都京", index) == [])
    }
}
