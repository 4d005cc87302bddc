@testable import CacheSearch
import CacheBase
import Testing

@Suite struct HighlightTests {
    private func snippet(
        _ text: String, _ query: String, _ bytes: Int = 60, marks: Highlighter.Marks? = .emphasis
    ) throws -> String? {
        let highlighter = Highlighter(try SearchQuery(query, .standard))
        return withBytes(text) { highlighter.snippet(of: $0, bytesMax: bytes, marks: marks) }
    }

    @Test(arguments: [
        ("A cache keeps caches.", "cache", "A <em>cache</em> keeps <em>caches</em>."),
        ("Café & <b>tea</b>", "cafe", "<em>Café</em> &amp; &lt;b&gt;tea&lt;/b&gt;"),
        ("Caching is cheap.", "cache*", "<em>Caching</em> is cheap."),
        ("quick brown", "qu* brwn~1", "<em>quick</em> <em>brown</em>"),
        ("line one\nline two", "two", "line one line <em>two</em>"),
        (#"{"a":"red fox","b":[1,"dog"]}"#, "dog", "red fox 1 <em>dog</em>"),
        ("nothing here", "fox", "nothing here"), ("", "fox", ""),
        ("fox not", "+fox -not", "<em>fox</em> not"),
    ]) func marksWhatWasFound(text: String, query: String, expected: String) throws {
        #expect(try snippet(text, query) == expected)
    }

    @Test func showsTheStretchWithMostOfTheQuery() throws {
        let filler = String(repeating: "lorem ipsum ", count: 40)
        let text = "fox \(filler) red fox \(filler)"
        let found = try #require(try snippet(text, "red fox"))
        #expect(found.contains("<em>red</em> <em>fox</em>"))
        #expect(found.hasPrefix("…lorem") || found.hasPrefix("…ipsum"))
        #expect(found.hasSuffix("…"))
        #expect(found.utf8.count < 60 + 30)
    }

    @Test func plainSnippetsAreTheTextAsItIs() throws {
        #expect(try snippet("a <b> & fox", "fox", marks: nil) == "a <b> & fox")
        let binary = [UInt8]([0xFF, 0x00]).withUnsafeBytes {
            Highlighter(try! SearchQuery("x", .plain)).snippet(of: $0)
        }
        #expect(binary == nil)
    }

    @Test func noCharacterIsEverSplit() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        print("seed \(seed)")
        var random = Xoshiro256(seed: seed)
        let pieces = [
            "fox", " ", "👩‍👩‍👧", "e\u{301}", "🇩🇪", "東京", "שלום", "\r\n", "कि", "z\u{300}\u{301}",
        ]
        for _ in 0..<500 {
            let text = (0..<random.below(40)).map { _ in pieces[random.below(pieces.count)] }
                .joined()
            let room = 1 + random.below(40)
            let found = try #require(try snippet(text, "fox", room, marks: nil))
            let characters = Set(text.map { $0 == "\r\n" ? " " : $0 })
            #expect(found.allSatisfy { $0 == "…" || characters.contains($0) }, "\(text) \(room)")
        }
    }

    // One character each: marks, a letter that joins to the left, joined emoji.
    @Test(arguments: [
        ("z", "\u{301}", 100_000), ("", "\u{E33}", 60_000), ("", "👩\u{200D}", 20_000),
        ("fox ", "\u{301}", 100_000),
    ]) func oneHugeCharacterIsCutBetweenScalars(
        start: String, repeated: String, count: Int
    ) throws {
        let text = start + String(repeating: repeated, count: count) + " fox"
        for query in ["z\u{301}", "fox", "\u{E33}"] {
            for room in [1, 60, SearchLimits.snippetBytesMax] {
                let found = try #require(try snippet(text, query, room))
                // Each word of three bytes may have its marks.
                #expect(found.utf8.count <= max(room, SearchLimits.characterBytesMax) * 4 + 20)
                #expect(!found.unicodeScalars.contains("\u{FFFD}"))
            }
        }
    }

    @Test func aBorderIsThatOfTheCharacterBefore() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        print("seed \(seed)")
        var random = Xoshiro256(seed: seed)
        let pieces = [
            "a", "\u{301}", "👩", "\u{200D}", "🇩", "🇪", "क", "\u{94D}", "\r", "\n", "ᄀ", "가",
        ]
        for _ in 0..<2000 {
            let text = (0..<(1 + random.below(20))).map { _ in pieces[random.below(pieces.count)] }
                .joined()
            let byte = random.below(text.utf8.count + 1)
            let borders = Array(text.indices) + [text.endIndex]
            let expected = borders.last {
                text.utf8.distance(from: text.startIndex, to: $0) <= byte
            }
            #expect(text.boundary(notBehind: byte) == expected, "\(Array(text.utf8)) \(byte)")
        }
    }
}
