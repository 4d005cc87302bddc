@testable import CacheSearch
import CacheBase
import Testing

/// The index against a search that looks at every document.
@Suite struct ModelTests {
    private func expectSame(
        _ searcher: Searcher, _ naive: NaiveSearch, _ text: String,
        _ location: SourceLocation = #_sourceLocation
    ) throws {
        let query = try SearchQuery(text, .plain)
        let expected = naive.search(query)
        let all = try searcher.search(
            query, SearchOptions(limit: SearchLimits.hitsMax, totalExactMax: 1 << 30))
        #expect(all.total == expected.count, "\(text)", sourceLocation: location)
        #expect(all.isTotalExact && !all.isPartial)
        let scores = Dictionary(
            uniqueKeysWithValues: expected.map { ([$0.part, $0.ordinal], $0.score) })
        for hit in all.hits {
            let score = scores[[hit.part, hit.ordinal]]
            #expect(
                score.map { abs($0 - hit.score) < 1e-4 } ?? false, "\(text): \(hit)",
                sourceLocation: location)
        }
        #expect(zip(all.hits, all.hits.dropFirst()).allSatisfy { $0.score >= $1.score })
        // With few hits and no counting, blocks are left out: the same scores must come.
        let top = try searcher.search(query, SearchOptions(limit: 5, totalExactMax: 0))
        let best = expected.map(\.score).sorted(by: >).prefix(5)
        #expect(top.hits.count == best.count, "\(text)", sourceLocation: location)
        for (hit, score) in zip(top.hits, best) {
            #expect(abs(hit.score - score) < 1e-4, "\(text): \(hit)", sourceLocation: location)
        }
    }

    @Test(arguments: 0..<3) func randomQueriesFindWhatLookingAtEveryDocumentFinds(
        round: Int
    ) throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        print("seed \(seed)")
        var corpus = Corpus(seed: seed)
        var parts: [SearchPart] = []
        var naive = NaiveSearch(parts: [])
        for _ in 0..<(1 + round) {
            let texts = (0..<400).map { _ in corpus.random.below(10) == 0 ? nil : corpus.text() }
            let live = round == 0 ? nil : corpus.live(texts.count, share: 80)
            parts.append(
                SearchPart(try makeIndex(texts.map { $0?.joined(separator: " ") }), live: live))
            naive.parts.append(texts.map { $0.map(Corpus.naive) })
        }
        let shown = parts
        naive.isLive = { shown[$0].live?.isLive($1) ?? true }
        for _ in 0..<150 {
            try expectSame(Searcher(parts), naive, corpus.query())
        }
    }

    @Test func blocksAreLeftOutWithoutChangingTheBest() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        print("seed \(seed)")
        var corpus = Corpus(seed: seed)
        let texts = (0..<9000).map { _ in corpus.text(12) }
        let index = try makeIndex(texts.map { $0.joined(separator: " ") })
        let naive = NaiveSearch(parts: [texts.map(Corpus.naive)])
        let searcher = Searcher([SearchPart(index)])
        for _ in 0..<6 {
            let (a, b, c) = (corpus.word(), corpus.word(), corpus.word())
            for query in [a, "\(a) \(b) \(c)", "\(a) AND \(b)", "\"\(a) \(b)\"", "\"\(a) \(b)\"~3"]
            {
                try expectSame(searcher, naive, query)
            }
        }
    }

    @Test(arguments: 0..<2) func mergingEqualsIndexingAfresh(round: Int) throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        print("seed \(seed)")
        var corpus = Corpus(seed: seed)
        let texts = (0..<3).map { _ in (0..<300).map { _ in corpus.text() } }
        let sources = try texts.map { try makeIndex($0.map { $0.joined(separator: " ") }) }
        // Entries of all sources are dealt out again, and some vanish.
        var order = (0..<900).map { ($0 / 300, $0 % 300) }
        if round == 1 { order.shuffle(using: &corpus.random) }
        let kept = order.filter { _ in corpus.random.below(4) > 0 }
        var ordinals = texts.map { [UInt32](repeating: SearchIndexMerger.dropped, count: $0.count) }
        for (target, (source, ordinal)) in kept.enumerated() {
            ordinals[source][ordinal] = UInt32(target)
        }
        let merged = SearchIndexMerger.merge(
            zip(sources, ordinals).map { SearchIndexMerger.Source($0, ordinals: $1) },
            entries: kept.count)
        let fresh = try makeIndex(kept.map { texts[$0.0][$0.1].joined(separator: " ") })
        #expect(merged.withImage { Array($0) } == fresh.withImage { Array($0) })
    }

    /// Entries die and others come, in parts that are merged now and then; the same question must
    /// give what an index of the live ones alone gives, scores included.
    @Test(arguments: 0..<2) func afterRandomDeathsAnswersAreThoseOfAFreshIndex(round: Int) throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        print("seed \(seed)")
        var corpus = Corpus(seed: seed)
        let texts = (0..<900).map { _ in corpus.text().joined(separator: " ") }
        var parts = try (0..<3).map { part in
            SearchPart(
                try makeIndex(Array(texts[(part * 300)..<(part * 300 + 300)])),
                live: corpus.live(300, share: [100, 60, 5][part]))
        }
        parts[0] = round == 0 ? SearchPart(parts[0].index) : parts[0]
        let living = (0..<900).filter { parts[$0 / 300].live?.isLive($0 % 300) ?? true }
        let fresh = Searcher([SearchPart(try makeIndex(living.map { texts[$0] }))])
        for number in 0..<120 {
            let text = number % 4 == 0 ? corpus.word().dropLast() + "~1" : corpus.query()[...]
            let query = try SearchQuery(String(text), .plain)
            let options = SearchOptions(limit: 1000)
            let found = try Searcher(parts).search(query, options)
            let expected = try fresh.search(query, options)
            #expect(found.total == expected.total, "\(text)")
            // Sums of the same numbers in another order may differ in their last bit.
            let scores = Dictionary(
                uniqueKeysWithValues: expected.hits.map { (living[$0.ordinal], $0.score) })
            for hit in found.hits {
                let score = scores[hit.part * 300 + hit.ordinal] ?? -1
                #expect(abs(hit.score - score) <= 1e-6 * score, "\(text): \(hit) \(score)")
            }
        }
    }

    @Test func totalsFollowTheBitmapBothWays() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        print("seed \(seed)")
        var corpus = Corpus(seed: seed)
        let texts = (0..<150).map { _ in corpus.random.below(5) == 0 ? nil : corpus.text() }
        let index = try makeIndex(texts.map { $0?.joined(separator: " ") })
        for share in [100, 90, 20, 60, 0, 100] {
            let live = corpus.live(texts.count, share: share)
            let expected = texts.indices.compactMap { live.isLive($0) ? texts[$0] : nil }
            let totals = index.liveTotals.totals(live, of: index)
            #expect(totals.documents == UInt64(expected.count))
            #expect(totals.words == UInt64(expected.reduce(0) { $0 + $1.count }))
        }
        // Entries that the bitmap does not reach are dead.
        #expect(index.liveTotals.totals(LiveDocuments(words: []), of: index).documents == 0)
    }

    @Test func partsAreScoredAsOne() throws {
        var corpus = Corpus(seed: 7)
        let texts = (0..<600).map { _ in corpus.text().joined(separator: " ") }
        let whole = Searcher([SearchPart(try makeIndex(texts))])
        let first = Searcher([SearchPart(try makeIndex(Array(texts[..<200])))])
        let second = Searcher([SearchPart(try makeIndex(Array(texts[200...])))])
        for _ in 0..<40 {
            let query = try SearchQuery(corpus.query(), .plain)
            var statistics = try first.statistics(for: query)
            statistics.add(try second.statistics(for: query))
            let expected = try whole.search(query, SearchOptions(limit: 20))
            let hits =
                try first.search(query, SearchOptions(limit: 20), statistics: statistics).hits
                + second.search(query, SearchOptions(limit: 20), statistics: statistics).hits
            let scores = hits.map(\.score).sorted(by: >).prefix(20)
            #expect(scores.count == expected.hits.count)
            for (score, hit) in zip(scores, expected.hits) {
                #expect(abs(score - hit.score) < 1e-5)
            }
        }
    }
}
