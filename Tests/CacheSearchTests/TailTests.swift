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
        let sealed = tail.handOver(entries: order.count, identity: .unnamed) { ordinals[$0] }
        let fresh = try makeIndex(order.map { texts[$0]?.joined(separator: " ") })
        #expect(sealed.withImage { Array($0) } == fresh.withImage { Array($0) })
    }
}
