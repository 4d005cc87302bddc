import CacheClient
import Testing

@Suite("Lines of an export")
struct EntryLineTests {
    @Test(arguments: [
        EntryLine(key: [1], value: []),
        EntryLine(
            key: Array("a\"\\\n/ü".utf8), value: Array("\u{7F}\t\u{1}".utf8),
            contentType: "text/plain; charset=\"utf-8\"", expires: 1_800_000_000_123, lsn: 7),
        EntryLine(key: [0xFF, 0xFE], value: (0...255).map { UInt8($0) }, lsn: .max),
    ])
    func aLineIsReadBackAsItWas(entry: EntryLine) throws {
        let line = entry.line
        #expect(line.last == 0x0A && !line.dropLast().contains(0x0A))
        #expect(try EntryLine(line: Array(line.dropLast())) == entry)
    }

    @Test func theFormIsThatOfTheInspector() {
        let entry = EntryLine(
            key: Array("//4=".utf8), value: [0xFF], contentType: "image/x", expires: 5, lsn: 19)
        #expect(
            String(decoding: entry.line, as: UTF8.self)
                == #"{"key":"//4=","key_encoding":null,"value":"/w==","encoding":"base64","#
                + #""content_type":"image/x","expires":5,"lsn":19}"# + "\n")
    }

    @Test func membersMayBeMissingAndMore() throws {
        let line = Array(#"{"more":[1],"value":"v","key":"k"}"#.utf8)
        #expect(try EntryLine(line: line) == EntryLine(key: [0x6B], value: [0x76]))
    }

    @Test(arguments: [
        ("x", "it is not valid JSON"), ("[]", "it is no JSON object"),
        (#"{"key":"k"}"#, "\"value\" is missing"),
        (#"{"key":"k","value":5}"#, "\"value\" is of another type"),
        (#"{"key":"k","value":null}"#, "\"value\" is of another type"),
        (#"{"key":"","value":"v"}"#, "the key is empty"),
        (#"{"key":"k","value":"?","encoding":"base64"}"#, "the value is not base64"),
        (#"{"key":"k","value":"v","encoding":"x"}"#, "the value has the unknown encoding \"x\""),
        (#"{"key":"k","value":"v"} {}"#, "it is not valid JSON"),
    ])
    func whatIsNoEntryIsRefusedWithItsReason(text: String, reason: String) {
        #expect {
            try EntryLine(line: Array(text.utf8))
        } throws: { error in
            (error as? EntryLine.Malformed)?.reason == reason
        }
    }

    @Test func bytesThatAreNoTextAreRefused() {
        let line = Array(#"{"key":"k","value":""#.utf8) + [0xFF] + Array(#""}"#.utf8)
        #expect(throws: EntryLine.Malformed.self) { try EntryLine(line: line) }
    }
}

@Suite("Lines out of pieces")
struct LineSplitterTests {
    private func lines(_ text: String, piece: Int, bytesMax: Int = 100) -> [String?] {
        var splitter = LineSplitter(bytesMax: bytesMax)
        var lines: [String?] = []
        func take(_ line: LineSplitter.Line) {
            lines.append(line.bytes.map { String(decoding: $0, as: UTF8.self) })
            #expect(line.number == lines.count)
        }
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            splitter.append(Array(rest.prefix(piece)))
            rest = rest.dropFirst(piece)
            while let line = splitter.next() { take(line) }
        }
        if let line = splitter.finish() { take(line) }
        #expect(splitter.finish() == nil)
        return lines
    }

    @Test(arguments: 1...12)
    func linesAreWholeWhateverThePieces(piece: Int) {
        #expect(lines("one\n\nthree\nlast", piece: piece) == ["one", "", "three", "last"])
        #expect(lines("one\ntwo\n", piece: piece) == ["one", "two"])
        #expect(lines("", piece: piece) == [])
    }

    @Test(arguments: 1...12)
    func aLineThatIsTooLongIsSkippedAndCounted(piece: Int) {
        #expect(
            lines("one\n123456789\nthree\n123456", piece: piece, bytesMax: 5)
                == ["one", nil, "three", nil])
        #expect(lines("12345\n", piece: piece, bytesMax: 5) == ["12345"])
    }
}
