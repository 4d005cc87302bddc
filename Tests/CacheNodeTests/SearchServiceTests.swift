import CacheBase
import CacheConfig
import CacheEngine
import CacheFiles
import Foundation
import Testing

@testable import CacheNode

@Suite("Search")
struct SearchServiceTests {
    @Test func whatIsWrittenIsFoundAndWhatIsRemovedIsNot() throws {
        let rig = try SearchRig()
        try rig.put("one", "the quick brown fox".utf8)
        try rig.put("two", #"{"title":"Quick start","pages":12}"#.utf8)
        try rig.put("three", [0xFF, 0x00, 0xFE])
        try rig.catchUp()
        #expect(Set(try rig.find("quick").hits.map(\.key)) == ["one", "two"])
        #expect(try rig.find("title:quick").hits.map(\.key) == ["two"])
        #expect(try rig.find("pages:[10 TO 20]").hits.map(\.key) == ["two"])
        #expect(try rig.find("*").total == 2)
        let hit = try #require(try rig.find("fox", highlight: true).hits.first)
        #expect(hit.snippet == "the quick brown <em>fox</em>")
        try rig.remove("one")
        // At once, whether or not the indexer has noticed.
        #expect(try rig.find("fox").hits.isEmpty)
        try rig.put("two", "slow".utf8)
        #expect(try rig.find("quick").hits.isEmpty)
        try rig.catchUp()
        #expect(try rig.find("slow").hits.map(\.key) == ["two"])
        #expect(try rig.find("quick").total == 0)
    }

    @Test func anEntryThatHasEndedIsNotFound() throws {
        let rig = try SearchRig()
        try rig.put("short", "lived words".utf8, seconds: 10)
        try rig.put("long", "lived words".utf8)
        try rig.catchUp()
        #expect(try rig.find("lived").total == 2)
        rig.clock.advance(milliseconds: 11_000)
        #expect(try rig.find("lived").hits.map(\.key) == ["long"])
    }

    @Test func aFlushMovesEntriesWithoutLosingOrDoublingThem() throws {
        let rig = try SearchRig()
        for number in 0..<200 { try rig.put("k\(number)", "word number\(number)".utf8) }
        try rig.catchUp()
        _ = try rig.engine.flush()
        // Before the segment has its index, and after.
        #expect(try rig.find("word").hits.count == 200)
        try rig.catchUp()
        let answer = try rig.find("word")
        #expect(answer.total == 200 && Set(answer.hits.map(\.key)).count == 200)
        #expect(rig.search.documents == 200)
        #expect(try rig.find("number77").hits.map(\.key) == ["k77"])
    }

    /// After random work exactly that is found which a list of what is live says.
    @Test(arguments: 0..<4)
    func randomWorkIsFoundAsInAModel(round: UInt64) throws {
        var random = SystemRandomNumberGenerator()
        let seed = UInt64.random(in: 0..<(1 << 32), using: &random)
        print("seed \(seed)")
        var generator = Generator(state: seed)
        let rig = try SearchRig(round % 2 == 0 ? .never : .always)
        var model: [String: Set<String>] = [:]
        for step in 0..<600 {
            let key = "key\(generator.next(below: 120))"
            switch generator.next(below: 100) {
            case 0..<70:
                let words = (0..<(1 + generator.next(below: 6))).map { _ in
                    "word\(generator.next(below: 25))"
                }
                let filler = String(repeating: "x", count: Int(generator.next(below: 400)))
                try rig.put(key, (words.joined(separator: " ") + " " + filler).utf8)
                model[key] = Set(words)
            case 70..<85:
                try rig.remove(key)
                model[key] = nil
            case 85..<92: _ = try rig.engine.flush()
            case 92..<97: _ = try rig.engine.compact()
            case 97: try rig.restart()
            case 98:
                try rig.restart { disk in
                    for path in try disk.list("data/segments") where path.hasSuffix(".fts") {
                        try disk.remove("data/segments/" + path)
                    }
                }
            default: rig.engine.sweep()
            }
            if step % 50 == 49 {
                try rig.catchUp()
                try expectFound(model, rig)
            }
        }
    }

    private func expectFound(_ model: [String: Set<String>], _ rig: SearchRig) throws {
        for number in 0..<25 {
            let word = "word\(number)"
            let expected = Set(model.filter { $0.value.contains(word) }.keys)
            let answer = try rig.find(word)
            #expect(Set(answer.hits.map(\.key)) == expected, "\(word)")
            #expect(answer.total == expected.count && answer.hits.count == expected.count)
            #expect(!answer.partial)
        }
    }

    @Test func aDamagedSearchFileIsNamedAndMadeAgain() throws {
        let rig = try SearchRig()
        for number in 0..<100 { try rig.put("k\(number)", "word\(number) common".utf8) }
        _ = try rig.engine.flush()
        try rig.catchUp()
        try rig.restart()
        #expect(rig.rebuilt == 0, "the files are used")
        let path = try #require(
            try rig.disk.list("data/segments").first { $0.hasSuffix(".fts") })
        try rig.restart { disk in
            let file = try disk.open("data/segments/" + path, .readWrite)
            try [UInt8](repeating: 0x5A, count: 8).withUnsafeBytes { try file.write($0, at: 300) }
        }
        let rejected = rig.events.compactMap { event -> String? in
            if case .fileRejected(let error) = event { return error.file }
            return nil
        }
        #expect(rejected.count == 1 && rejected[0].hasSuffix(path))
        #expect(rig.rebuilt == 1)
        #expect(try rig.find("common").total == 100)
    }

    @Test func anotherLanguageMakesEveryFileAgainAndSaysSo() throws {
        let rig = try SearchRig()
        for number in 0..<300 { try rig.put("k\(number)", "die Häuser running \(number)".utf8) }
        _ = try rig.engine.flush()
        try rig.catchUp()
        #expect(try rig.find("runs").total == 300)
        let files = try rig.disk.list("data/segments").filter { $0.hasSuffix(".fts") }
        for (language, found) in [("german", "Haus"), ("none", "running"), ("english", "run")] {
            rig.language = language
            try rig.restart()
            let rejected = rig.events.compactMap { event -> StorageError? in
                if case .fileRejected(let error) = event { return error }
                return nil
            }
            #expect(Set(rejected.compactMap(\.file)) == Set(files.map { "data/segments/" + $0 }))
            #expect(rejected.allSatisfy { $0.message.contains("another language") })
            #expect(rig.rebuilt == files.count)
            #expect(try rig.find(found).total == 300, "\(language)")
        }
        rig.language = "none"
        try rig.restart()
        #expect(try rig.find("run").total == 0)
        try rig.restart()
        #expect(rig.rebuilt == 0, "the files are used")
    }

    @Test func anUnknownLanguageIsRefused() throws {
        let rig = try SearchRig()
        #expect(throws: StorageError(.invalid, "")) {
            try SearchService(rig.engine, files: rig.disk, language: "klingon")
        }
    }

    /// So that a value that is accepted is known, and nothing that the library has is refused.
    @Test func theSettingTakesEveryLanguageOfTheLibrary() throws {
        let setting = try #require(Setting.named("search_language"))
        guard case .choice(let names) = setting.kind else {
            Issue.record("a choice")
            return
        }
        #expect(Set(names).isSuperset(of: SearchService.languages))
        #expect(names.contains(Configuration().searchLanguage))
    }

    @Test func filesGoWithTheirSegments() throws {
        let rig = try SearchRig()
        for round in 0..<6 {
            for number in 0..<200 { try rig.put("k\(number)", "round\(round) words".utf8) }
            _ = try rig.engine.flush()
            try rig.catchUp()
            while try rig.engine.compact() {}
            try rig.catchUp()
        }
        let names = try rig.disk.list("data/segments")
        let segments = Set(names.filter { $0.hasSuffix(".seg") }.map { $0.dropLast(4) })
        #expect(Set(names.filter { $0.hasSuffix(".fts") }.map { $0.dropLast(4) }) == segments)
        #expect(try rig.find("round5").total == 200)
        #expect(try rig.find("round0").total == 0)
    }

    @Test func aCallerSeesWhatHeMayReadAndCountsNothingElse() throws {
        let rig = try SearchRig()
        for number in 0..<50 {
            try rig.put("\(number % 2 == 0 ? "mine" : "yours")/\(number)", "same word".utf8)
        }
        try rig.catchUp()
        let answer = try rig.find("word", limit: 5, offset: 2) { $0.starts(with: "mine".utf8) }
        #expect(answer.total == 25 && answer.hits.count == 5)
        #expect(answer.hits.allSatisfy { $0.key.hasPrefix("mine") })
    }

    @Test func pagesFollowEachOther() throws {
        let rig = try SearchRig()
        for number in 0..<60 {
            try rig.put("k\(number)", String(repeating: "word ", count: 1 + number).utf8)
        }
        try rig.catchUp()
        let all = try rig.find("word").hits.map(\.key)
        var paged: [String] = []
        for page in 0..<6 {
            paged += try rig.find("word", limit: 10, offset: page * 10).hits.map(\.key)
        }
        #expect(paged == all && all.count == 60)
    }

    @Test(arguments: [
        "\"open", "(a b", "a)", "[1 TO", "field:", "a~9", "^2", String(repeating: "(", count: 99),
    ])
    func aMalformedQueryIsRefused(query: String) throws {
        let rig = try SearchRig()
        let answer = rig.search.search(SearchRequest(query: query))
        let body = String(decoding: answer.body, as: UTF8.self)
        if answer.status != 200 {
            #expect(answer.status == 400 && body.contains("urn:dcs:error:bad-query"))
            #expect(answer.contentType == "application/problem+json")
        }
    }

    @Test func tooMuchIsRefusedAndNotTried() throws {
        let rig = try SearchRig()
        try rig.put("k", "word".utf8)
        let words = (0..<10_000).map { "word\($0)" }.joined(separator: " ")
        #expect(rig.search.search(SearchRequest(query: words)).status == 400)
        #expect(rig.search.search(SearchRequest(query: "word", limit: 20_000)).status == 400)
        #expect(rig.search.search(SearchRequest(query: "word", offset: 10_001)).status == 400)
        #expect(rig.search.search(SearchRequest(query: "שלום 😀 \"مرحبا بك\"")).status == 200)
    }
}
