import Testing

@testable import CacheHTTP

@Suite("JSON reader")
struct JSONReaderTests {
    @Test(arguments: [
        (#"{"key":"k","value":"v"}"#, "k", "v"),
        (" \t\r\n{ \"key\" : \"k\" , \"value\" : \"v\" } \n", "k", "v"),
        (#"{"value":"","key":"k","ttl":null,"encoding":null,"transaction_id":null}"#, "k", ""),
        (#"{"key":"\u006b\/\b\f\n\r\t\"\\","value":"v"}"#, "k/\u{8}\u{C}\n\r\t\"\\", "v"),
        (#"{"key":"k","value":"\u00e9\u20ac\ud83d\ude00\u0000x"}"#, "k", "é€😀\0x"),
        (#"{"key":"k","value":"é€😀"}"#, "k", "é€😀"),
        ("{\"key\":\"k\",\"value\":\"\u{7F}\u{FFFF}\"}", "k", "\u{7F}\u{FFFF}"),
        (#"{"key":"k","value":"aGk=","encoding":"base64"}"#, "k", "aGk="),
        (#"{"key":"k","value":"\uD83D\uDE00\uABCD"}"#, "k", "😀\u{ABCD}"),
    ])
    func acceptsWhatIsJSON(text: String, key: String, value: String) throws {
        try withBytes(text) { bytes in
            var scanner = JSONScanner(bytes)
            let fields = try OperationFields(&scanner, allowed: .ofPut)
            try scanner.end()
            #expect(decoded(fields.key, bytes) == key)
            #expect(decoded(fields.value, bytes) == value)
        }
    }

    static let refused: [String] = [
        "", " ", "{", "}", "[]", "null", "1", "\"x\"", "{]", "{,}", "{}x", "{} {}", "{\"key\"}",
        #"{"key":}"#, #"{"key":"k",}"#, #"{"key":"k" "value":"v"}"#, #"{"key":"k","value":"v"}}"#,
        #"{"key":"k","value":"v"},"#, #"{"key":"k","value":"v"#, #"{"key":"k","value":"v""#,
        #"{'key':'k'}"#, #"{key:"k"}"#, #"{"key":k}"#, #"{"key":"k"/**/}"#, #"{"key":1}"#,
        #"{"key":null}"#, #"{"key":["k"]}"#, #"{"key":{}}"#, #"{"key":true}"#, #"{"value":null}"#,
        #"{"key":"a","key":"a"}"#, #"{"ttl":1,"ttl":1}"#, #"{"ttl":null,"ttl":1}"#,
        #"{"ttI":1}"#, #"{"Key":"k"}"#, #"{"":"k"}"#, #"{"k\u0065y":"k"}"#, #"{"op":"get"}"#,
        #"{"ttl":"1"}"#, #"{"ttl":01}"#, #"{"ttl":+1}"#, #"{"ttl":.5}"#, #"{"ttl":1.}"#,
        #"{"ttl":1e}"#, #"{"ttl":1e+}"#, #"{"ttl":-}"#, #"{"ttl":--1}"#, #"{"ttl":0x1}"#,
        #"{"ttl":NaN}"#, #"{"ttl":Infinity}"#, #"{"ttl":-1}"#, #"{"ttl":-0.001}"#,
        #"{"ttl":1e400}"#, #"{"ttl":3153600000.001}"#, #"{"ttl":true}"#, #"{"ttl":nul}"#,
        #"{"ttl":nulll}"#, #"{"encoding":"hex"}"#, #"{"encoding":""}"#, #"{"encoding":1}"#,
        #"{"key":"\x"}"#, #"{"key":"\"}"#, #"{"key":"\u12"}"#, #"{"key":"\u12g4"}"#,
        #"{"key":"\u"}"#, #"{"key":"\ud800"}"#, #"{"key":"\udc00"}"#, #"{"key":"\ud800x"}"#,
        #"{"key":"\ud800\u0041"}"#, #"{"key":"\ud800\ud800"}"#, #"{"key":"\udc00\ud800"}"#,
        "{\"key\":\"a\nb\"}", "{\"key\":\"a\tb\"}", "{\"key\":\"a\u{0}b\"}", "{\"key\":\"\u{1F}\"}",
        "{\"key\":\"12345678\u{1}\"}", "\u{FEFF}{\"key\":\"k\"}", "{\"key\":\u{A0}\"k\"}",
        "{\"key\":\u{B}\"k\"}",
    ]

    @Test(arguments: refused) func refusesWhatIsNot(text: String) {
        withBytes(text) { #expect(!accepts($0)) }
    }

    @Test(
        arguments: [
            [0x80], [0xBF], [0xC0, 0x80], [0xC1, 0xBF], [0xC2], [0xC2, 0x22], [0xE0, 0x80, 0x80],
            [0xE0, 0x9F, 0xBF], [0xE2, 0x82], [0xED, 0xA0, 0x80], [0xED, 0xBF, 0xBF],
            [0xF0, 0x80, 0x80, 0x80], [0xF0, 0x8F, 0xBF, 0xBF], [0xF4, 0x90, 0x80, 0x80],
            [0xF5, 0x80, 0x80, 0x80], [0xF0, 0x9F, 0x98], [0xFE], [0xFF],
        ] as [[UInt8]])
    func refusesWhatIsNotUTF8(bytes: [UInt8]) {
        for padding in 0..<9 {
            let lead = Array(#"{"key":""#.utf8) + [UInt8](repeating: 0x61, count: padding)
            (lead + bytes + Array(#""}"#.utf8)).withUnsafeBytes { #expect(!accepts($0)) }
            bytes.withUnsafeBytes { #expect(JSONText(measuring: $0) == .binary) }
        }
    }

    @Test func acceptsEveryScalarAndEscapesItBack() {
        for value in stride(from: UInt32(0), to: 0x11_0000, by: 13) {
            guard let scalar = Unicode.Scalar(value) else { continue }
            let text = "x" + String(Character(scalar)) + "y"
            withBytes(text) { bytes in
                let json = write(bytes)
                withBytes(json) { jsonBytes in
                    var scanner = JSONScanner(jsonBytes)
                    let string = try? scanner.string()
                    #expect(string.map { decoded($0, jsonBytes) } == text)
                }
            }
        }
    }

    @Test func nothingBehindATruncationIsRead() {
        let text = #"{"key":"\ud83d\ude00é","value":"aGk=","encoding":"base64","ttl":1.5e1}"#
        let bytes = Array(text.utf8)
        for count in 0..<bytes.count {
            Array(bytes[..<count]).withUnsafeBytes { #expect(!accepts($0)) }
        }
        bytes.withUnsafeBytes { #expect(accepts($0)) }
    }

    @Test(arguments: [
        (#"{"operations":[]}"#, 0, false), (#"{"operations":[],"atomic":true}"#, 0, true),
        (#"{"atomic":false,"operations":[{"op":"get","key":"k"}]}"#, 1, false),
        (#"{"atomic":null,"operations":[{"key":"k","op":"delete"}]}"#, 1, false),
        (#"{"operations":[{"op":"get","key":"k"},{"op":"put","key":"k","value":""}]}"#, 2, false),
    ])
    func readsBatches(text: String, count: Int, isAtomic: Bool) throws {
        try withBytes(text) {
            let document = try BatchDocument($0)
            #expect(document.operations.count == count)
            #expect(document.isAtomic == isAtomic)
        }
    }

    @Test(arguments: [
        "{}", "[]", #"{"operations":{}}"#, #"{"operations":null}"#, #"{"operations":[}"#,
        #"{"operations":[,]}"#, #"{"operations":[{}]}"#, #"{"operations":[{"op":"get"}]}"#,
        #"{"operations":[{"key":"k"}]}"#, #"{"operations":[{"op":"put","key":"k"}]}"#,
        #"{"operations":[{"op":"get","key":"k","value":"v"}]}"#,
        #"{"operations":[{"op":"delete","key":"k","ttl":1}]}"#,
        #"{"operations":[{"op":"incr","key":"k"}]}"#,
        #"{"operations":[{"op":"get","key":"k"},]}"#, #"{"operations":[{"op":"get","key":"k"}"#,
        #"{"operations":[],"operations":[]}"#, #"{"operations":[],"atomic":1}"#,
        #"{"operations":[],"atomic":"true"}"#, #"{"operations":[],"x":1}"#, #"{"operations":[]}x"#,
        #"{"operations":[{"op":"get","key":"k","transaction_id":"t"}]}"#,
        #"{"operations":[[[[[[[[{"op":"get","key":"k"}]]]]]]]]}"#,
    ])
    func refusesOtherBatches(text: String) {
        withBytes(text) { bytes in
            _ = #expect(throws: JSONFault.self) { try BatchDocument(bytes) }
        }
    }

    private func accepts(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var scanner = JSONScanner(bytes)
        guard (try? OperationFields(&scanner, allowed: .ofPut)) != nil else { return false }
        return (try? scanner.end()) != nil
    }

    private func write(_ bytes: UnsafeRawBufferPointer) -> String {
        let text = JSONText(measuring: bytes)
        var space = [UInt8](repeating: 0, count: text.count(of: bytes) + 2)
        let count = space.withUnsafeMutableBytes { buffer in
            var cursor = ByteCursor(buffer)
            cursor.write("\"")
            text.write(bytes, to: &cursor)
            cursor.write("\"")
            return cursor.count
        }
        #expect(count == space.count, "what was measured is what was written")
        return String(decoding: space, as: UTF8.self)
    }
}
