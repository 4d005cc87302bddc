import CacheBase
import CacheEngine
import CacheFiles
import CacheFormat
import Foundation
import Testing

@testable import CacheNode
@testable import CacheSearch

/// Segments get their indexes from where their entries were, and no text is read twice.
@Suite("Search indexes follow entries")
struct SearchMergingTests {
    private func fill(_ rig: SearchRig, _ count: Int, _ word: String) throws {
        for number in 0..<count {
            let filler = (0..<20).map { "w\(number * 7919 * $0 % 104_729)" }
            try rig.put(
                "k\(number)",
                "\(word) number\(number) \(filler.joined(separator: " "))".utf8)
        }
        try rig.catchUp()
    }

    /// Flushes when the tail has everything, so that all of it can be handed over.
    private func flushAll(_ rig: SearchRig) throws {
        try rig.catchUp()
        while try rig.engine.flush() {}
        try rig.catchUp()
    }

    @Test func aFlushTakesThePostingsOfTheTail() throws {
        let rig = try SearchRig()
        try fill(rig, 500, "first")
        try rig.put("noise", [0xFF, 0xFE, 0x00])
        try rig.put("json", #"{"title":"first day","size":12}"#.utf8)
        try rig.catchUp()
        try flushAll(rig)
        #expect(rig.search.entriesRead == 0)
        #expect(rig.search.entriesMerged == 502)
        #expect(try rig.find("first").total == 501)
        #expect(try rig.find("title:first size:[12 TO 12]").total == 1)
        try rig.restart()
        #expect(rig.rebuilt == 0, "the files are written")
        #expect(try rig.find("first").total == 501)
    }

    @Test func aCompactionTakesThePostingsOfTheOldSegments() throws {
        let rig = try SearchRig()
        try fill(rig, 400, "first")
        try flushAll(rig)
        for number in 0..<400 where number % 5 != 2 {
            try rig.put("k\(number)", "second number\(number)".utf8)
        }
        try flushAll(rig)
        let merged = rig.search.entriesMerged
        while try rig.engine.compact() {}
        try rig.catchUp()
        #expect(rig.search.entriesRead == 0)
        #expect(rig.search.entriesMerged > merged, "something was compacted")
        #expect(try rig.find("first").total == 80)
        #expect(try rig.find("second").total == 320)
        #expect(try rig.find("\"first number77\"").hits.map(\.key) == ["k77"])
    }

    @Test("what is merged keeps its lengths beside values that had to be read")
    func someAreMergedAndSomeRead() throws {
        let rig = try SearchRig()
        for number in 0..<60 {
            try rig.put(
                "k\(number)",
                Array(repeating: "word", count: 1 + number % 7).joined(separator: " ").utf8)
        }
        try flushAll(rig)
        let segment = try #require(try rig.engine.sealedSegments().segments.first)
        let maker = SegmentIndexMaker(rig.engine, rig.disk, .standard, IndexingTally()) { _ in }
        let whole = try #require(
            try maker.index(of: segment, sources: { nil }, mayGoOn: { true })?.index)
        try rig.disk.remove(StoreLayout(directory: "data").search(segment.id))
        let ordinals = (0..<UInt32(segment.entries)).map {
            $0 % 2 == 0 ? $0 : SearchIndexMerger.dropped
        }
        let sources = PostingSources(
            [SearchIndexMerger.Source(whole, ordinals: ordinals)],
            missing: stride(from: 1, to: segment.entries, by: 2).map { $0 })
        let made = try #require(
            try maker.index(of: segment, sources: { sources }, mayGoOn: { true })?.index)
        #expect(maker.rebuilt == 0 && made.entries == whole.entries)
        for ordinal in 0..<segment.entries {
            #expect(made.lengths.stored(ordinal) == whole.lengths.stored(ordinal))
            #expect(whole.lengths.stored(ordinal) > 0)
        }
    }

    /// Flushed and compacted before the segment in between had an index.
    @Test func entriesThatMoveTwiceAtOnceAreFollowed() throws {
        let rig = try SearchRig()
        try fill(rig, 300, "first")
        for round in 0..<4 {
            for number in stride(from: round, to: 300, by: 5) {
                try rig.put("k\(number)", "round\(round) number\(number)".utf8)
            }
            while try rig.engine.flush() {}
            var isCompacted = false
            while try rig.engine.compact() { isCompacted = true }
            #expect(isCompacted == (round == 3))
        }
        try rig.catchUp()
        for round in 0..<4 { #expect(try rig.find("round\(round)").total == 60) }
        #expect(try rig.find("first").total == 60)
    }

    /// An entry of a segment is indexed though it was overwritten meanwhile: the power may fail
    /// before what overwrote it is durable.
    @Test(arguments: 0..<3)
    func whatAPowerLossBringsBackIsFound(seed: UInt64) throws {
        let rig = try SearchRig()
        try fill(rig, 200, "older")
        while try rig.engine.flush() {}
        for number in 0..<200 { try rig.put("k\(number)", "newer".utf8) }
        try rig.settle()
        #expect(try rig.find("newer").total == 200)
        try rig.loseThePower(seed: seed)
        let (older, newer) = (try rig.find("older"), try rig.find("newer"))
        #expect(older.total + newer.total == 200)
        #expect(Set(older.hits.map(\.key) + newer.hits.map(\.key)).count == 200)
    }

    /// After any work the answers are those of an index built afresh, with their scores; and but for
    /// segments whose files were taken away no value is read.
    @Test(arguments: 0..<3)
    func answersAreThoseOfAnIndexBuiltAfresh(round: UInt64) throws {
        var random = SystemRandomNumberGenerator()
        let seed = UInt64.random(in: 0..<(1 << 32), using: &random)
        print("seed \(seed)")
        var generator = Generator(state: seed)
        let rig = try SearchRig(round % 2 == 0 ? .never : .always)
        var model: [String: (text: String, end: UInt64)] = [:]
        for step in 0..<300 {
            let key = "key\(generator.next(below: 150))"
            switch generator.next(below: 100) {
            case 0..<72:
                let text = (0..<(1 + generator.next(below: 40))).map { _ in
                    "word\(min(generator.next(below: 30), generator.next(below: 30)))"
                }.joined(separator: " ")
                let seconds = generator.next(below: 5) == 0 ? generator.next(below: 60) + 1 : nil
                try rig.put(key, text.utf8, seconds: seconds)
                let end = seconds.map { rig.clock.now().rawValue + $0 * 1000 }
                model[key] = (text, end ?? .max)
            case 72..<84:
                try rig.remove(key)
                model[key] = nil
            case 84..<91:
                try rig.catchUp()
                _ = try rig.engine.flush()
                try rig.catchUp()
            case 91..<96:
                _ = try rig.engine.compact()
                try rig.catchUp()
            case 96..<98: rig.clock.advance(milliseconds: 7_000)
            default:
                #expect(rig.search.entriesRead == 0)
                try rig.restart()
                #expect(rig.rebuilt == 0, "the files are used")
            }
            if step % 100 == 99 {
                rig.engine.sweep()
                try flushAll(rig)
                model = model.filter { $0.value.end > rig.clock.now().rawValue }
                try expect(rig, as: model.mapValues(\.text), &generator)
            }
        }
        #expect(rig.search.entriesRead == 0, "no value was read")
        #expect(rig.search.entriesMerged > 0)
    }

    private func expect(
        _ rig: SearchRig, as model: [String: String], _ generator: inout Generator
    ) throws {
        let keys = model.keys.sorted()
        let builder = try SearchIndexBuilder(.standard)
        for (ordinal, key) in keys.enumerated() {
            try Array((model[key] ?? "").utf8).withUnsafeBytes {
                _ = try builder.add($0, at: ordinal)
            }
        }
        let fresh = Searcher([SearchPart(builder.finish(entries: keys.count))])
        for _ in 0..<60 {
            let text = query(&generator)
            let expected = try fresh.search(
                SearchQuery(text, .standard), SearchOptions(limit: 1000))
            let answer = try rig.find(text)
            #expect(answer.total == expected.total && !answer.partial, "\(text)")
            let scores = Dictionary(
                uniqueKeysWithValues: expected.hits.map { (keys[$0.ordinal], Double($0.score)) })
            #expect(Set(answer.hits.map(\.key)) == Set(scores.keys), "\(text)")
            for hit in answer.hits {
                let score = scores[hit.key] ?? -1
                #expect(abs(score - hit.score) < 1e-4, "\(text): \(hit.key)")
            }
        }
    }

    private func query(_ generator: inout Generator) -> String {
        let words = (0..<3).map { _ in "word\(generator.next(below: 30))" }
        switch generator.next(below: 6) {
        case 0: return words[0]
        case 1: return words.joined(separator: " AND ")
        case 2: return "\"\(words[0]) \(words[1])\""
        case 3: return "\"\(words[0]) \(words[1])\"~3"
        case 4: return "+\(words[0]) -\(words[1]) \(words[2])"
        default: return words.joined(separator: " ")
        }
    }
}
