@testable import CacheSearch
import CacheBase
import Testing

@Suite struct TailTests {
    private func add(_ tail: SearchTail, _ text: String, _ place: UInt64) throws {
        try withBytes(text) { try tail.add($0, at: place) }
    }

    private func places(_ tail: SearchTail, _ text: String) throws -> [UInt64] {
        let parts = tail.parts()
        let result = try Searcher(parts.map(\.searched)).search(
            SearchQuery(text, .plain), SearchOptions(limit: 10_000))
        #expect(result.total == result.hits.count)
        return result.hits.map { parts[$0.part].places[$0.ordinal] }.sorted()
    }

    @Test func whatIsPublishedIsFoundUntilItIsRemoved() throws {
        let tail = try SearchTail(.plain)
        try add(tail, "red fox", 1)
        #expect(try places(tail, "fox") == [])
        tail.publish()
        #expect(try places(tail, "fox") == [1])
        try add(tail, "blue fox", 5)
        tail.remove(5)
        try add(tail, "green fox", 6)
        tail.publish()
        #expect(try places(tail, "fox") == [1, 6])
        tail.remove(1)
        tail.remove(1)
        tail.remove(99)
        #expect(try places(tail, "fox") == [6])
        tail.trim(before: 6)
        #expect(try places(tail, "fox") == [6])
        tail.trim(before: 7)
        #expect(tail.parts().isEmpty && tail.documents == 0)
    }

    @Test func whatIsNoTextIsNotKept() throws {
        let tail = try SearchTail(.plain)
        try [UInt8]([0xFF, 0]).withUnsafeBytes { try tail.add($0, at: 1) }
        try add(tail, "text", 2)
        tail.publish()
        #expect(try places(tail, "*") == [2])
    }

    @Test func whatIsNoTextLeavesNothingBehind() {
        var state = TailState()
        for place in UInt64(1)...1000 {
            let isWanted = state.begin(place)
            #expect(isWanted)
            // Not indexed, and overwritten by the next.
            state.remove(place)
        }
        #expect(state.removed.isEmpty)
        // Removals run ahead of the indexer.
        for place in UInt64(2000)...2100 { state.remove(place) }
        #expect(state.removed.count == 101)
        for place in UInt64(2000)...2100 {
            let isWanted = state.begin(place)
            #expect(!isWanted)
        }
        #expect(state.removed.isEmpty)
    }

    @Test func removalsOfWhatWasNeverSeenAreBounded() {
        var state = TailState()
        for place in 1...UInt64(SearchLimits.tailRemovedMax + 10) { state.remove(place) }
        #expect(state.removed.count == SearchLimits.tailRemovedMax)
        state.trim(before: .max)
        #expect(state.removed.isEmpty)
    }

    @Test func whatDiesDuringAMergeIsNotInIt() throws {
        let words = (0..<200).map { "a b\($0)" }
        var first = TailPart(try makeIndex(words), places: (0..<200).map { UInt64($0) })
        var second = TailPart(try makeIndex(words), places: (200..<400).map { UInt64($0) })
        #expect([first.remove(7), second.remove(0)] == [true, true])
        var merge = TailMerge([first, second])
        #expect(merge.merged.places.count == 398 && merge.merged.liveCount == 398)
        #expect([first.remove(8), first.remove(100), second.remove(199)] == [true, true, true])
        merge.update(from: [first, second])
        #expect(merge.merged.liveCount == 395)
        for place in [8, 100, 399] as [UInt64] {
            let ordinal = try #require(merge.merged.ordinal(place))
            #expect(!merge.merged.live.isLive(ordinal))
        }
        merge.update(from: [second])
        #expect(merge.merged.liveCount == 198)
        #expect(merge.isSource(first) && !merge.isSource(merge.merged))
    }

    @Test func partsThatAreBeingMergedAreLeftToWhoeverDoesIt() throws {
        var state = TailState()
        func show(_ documents: Int) throws {
            let places = (0..<documents).map { _ in (state.parts.last?.lastPlace ?? 0) + 1 }
            var last = state.parts.last?.lastPlace ?? 0
            for _ in places {
                last += 1
                _ = state.begin(last)
                state.wait(last)
            }
            let index = try makeIndex(places.indices.map { "text \($0)" })
            state.show(TailPart(index, places: state.waiting))
        }
        func take(_ bytes: ClosedRange<Int> = 0...Int.max) -> [TailPart]? {
            state.takeMergeable(bytes)
        }
        for _ in 0..<3 { try show(20) }
        #expect(take() == nil)
        try show(20)
        #expect(take(0...1) == nil, "larger than wanted")
        let large = try #require(take())
        #expect(large.count == 4)
        for _ in 0..<4 { try show(2) }
        let small = try #require(take())
        #expect(small.map(\.liveCount) == [2, 2, 2, 2])
        #expect(take() == nil, "all are taken")
        // What was begun first may end last.
        state.replace(TailMerge(small))
        #expect(state.parts.map(\.liveCount) == [20, 20, 20, 20, 8])
        state.remove(81)
        var merge = TailMerge(large)
        state.remove(1)
        merge.update(from: state.parts)
        state.replace(merge)
        #expect(state.parts.map(\.liveCount) == [79, 7])
        #expect(state.parts[0].places.first == 1 && state.parts[1].lastPlace == 88)
        #expect(take() == nil)
    }

    @Test func partsThatPublishLeavesForBeingLargeAreMergedBesideIt() throws {
        let tail = try SearchTail(.plain, promptBytes: 0)
        for place in UInt64(1)...32 {
            try add(tail, "all n\(place)", place)
            if place % 4 == 0 { tail.publish() }
        }
        #expect(tail.parts().count == 8)
        while tail.merge() {}
        #expect(tail.parts().count < 4)
        #expect(try places(tail, "all") == Array(1...32))
        #expect(try places(tail, "n17") == [17])
    }

    /// Random adds, removals, publications, trims: always what a list of texts would find.
    @Test(arguments: 0..<4) func randomChangesAreFoundAsInAList(round: Int) throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        print("seed \(seed)")
        var corpus = Corpus(seed: seed)
        let tail = try SearchTail(.plain)
        var live: [UInt64: [String]] = [:]
        var waiting: [UInt64: [String]] = [:]
        var place: UInt64 = 0
        for _ in 0..<600 {
            switch corpus.random.below(10) {
            case 0..<6:
                place += UInt64(1 + corpus.random.below(5))
                let words = corpus.text()
                try add(tail, words.joined(separator: " "), place)
                waiting[place] = words
            case 6, 7:
                let known = (Array(live.keys) + Array(waiting.keys)).sorted()
                guard !known.isEmpty else { continue }
                let gone = known[corpus.random.below(known.count)]
                tail.remove(gone)
                live[gone] = nil
                waiting[gone] = nil
            case 8:
                tail.publish()
                live.merge(waiting) { _, new in new }
                waiting = [:]
            default:
                guard corpus.random.below(20) == 0 else { continue }
                tail.trim(before: place / 2)
                live = live.filter { $0.key >= place / 2 }
                waiting = waiting.filter { $0.key >= place / 2 }
            }
            guard corpus.random.below(5) == 0 else { continue }
            let word = corpus.word()
            let expected = live.filter { $0.value.contains(word) }.keys.sorted()
            #expect(try places(tail, word) == expected)
            #expect(tail.documents == live.count)
        }
        #expect(tail.parts().count < 16)
        try expectHandOver(tail, live.merging(waiting) { $1 }, corpus.random.next())
    }

    private func expectHandOver(
        _ tail: SearchTail, _ texts: [UInt64: [String]], _ seed: UInt64
    ) throws {
        var random = Xoshiro256(seed: seed)
        let order = texts.keys.sorted().shuffled(using: &random)
        let ordinals = Dictionary(
            uniqueKeysWithValues: order.enumerated().map { ($1, UInt32($0)) })
        tail.publish()
        let sealed = SearchIndexMerger.merge(
            tail.parts().map { part in part.source { ordinals[$0] } }, entries: order.count)
        let fresh = try makeIndex(order.map { texts[$0]?.joined(separator: " ") })
        #expect(sealed.withImage { Array($0) } == fresh.withImage { Array($0) })
    }
}
