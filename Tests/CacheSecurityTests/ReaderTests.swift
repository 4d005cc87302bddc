import CacheBase
import Testing

@testable import CacheSecurity

/// The readers of what strangers send: base64 and JSON.
struct ReaderTests {
    private func json(_ text: String) -> JSONValue? {
        Array(text.utf8).withUnsafeBytes { JSONValue($0) }
    }

    @Test(arguments: [
        ("null", JSONValue.null), (" true ", .boolean(true)), ("-0.5e2", .number(-50)),
        ("[]", .array([])), ("{}", .object([:])),
        ("[1,[2]]", .array([.number(1), .array([.number(2)])])),
        (
            #"{"a":{"b":[null]},"c":""}"#,
            .object(["a": .object(["b": .array([.null])]), "c": .string("")])
        ),
        (#""\u00e9\ud83d\ude00\n\/\\""#, .string("é😀\n/\\")), (#""é""#, .string("é")),
    ])
    func whatIsJSONIsRead(text: String, value: JSONValue) {
        #expect(json(text) == value)
    }

    @Test(arguments: [
        "", " ", "nul", "nulll", "01", "-", "1.", ".5", "1e", "+1", "1e999", "[1,]", "[,1]",
        "[1 2]",
        "[", "{", #"{"a"}"#, #"{"a":}"#, #"{"a":1,}"#, #"{a:1}"#, #"{"a":1 "b":2}"#,
        #"{"a":1,"a":1}"#, #"{"a":1,"\u0061":1}"#, #"""#, #""\x""#, #""\u12""#, #""\ud800""#,
        #""\ud800\u0041""#, #""\udc00""#, "\"\n\"", "1 1", "\"a", "\u{FEFF}1", "NaN",
    ])
    func whatIsNotJSONIsRefused(text: String) {
        #expect(json(text) == nil)
    }

    @Test func textThatIsNotUTF8IsRefused() {
        let bytes: [UInt8] = [0x22, 0xC3, 0x28, 0x22]
        #expect(bytes.withUnsafeBytes { JSONValue($0) } == nil)
    }

    @Test func depthHasALimit() {
        let limit = SecurityLimits.jsonDepthMax
        func nested(_ depth: Int) -> String {
            String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        }
        #expect(json(nested(limit)) != nil)
        #expect(json(nested(limit + 1)) == nil)
        #expect(json(String(repeating: "{\"a\":", count: 100_000)) == nil)
    }

    /// Any bytes at all are a value or a refusal.
    @Test func randomBytesAreNoTrap() {
        var random = Xoshiro256(seed: 11)
        let letters = Array(#"{}[]",:\u0eE+-.truefalsn019 "#.utf8) + [0, 0xFF, 0xC3]
        for _ in 0..<20_000 {
            let bytes = (0..<random.below(24)).map { _ in letters[random.below(letters.count)] }
            let value = bytes.withUnsafeBytes { JSONValue($0) }
            if let value { #expect(value == value) }
            _ = bytes.withUnsafeBytes { Base64URL.decode($0) }
            _ = bytes.withUnsafeBytes { try? SignedToken($0) }
        }
    }

    @Test func aWrittenStringIsReadAsItWas() {
        for text in ["", "a\"b\\c", "\u{0}\u{1F}\u{7F}", "é😀", "/"] {
            #expect(json(text.json) == .string(text))
        }
    }

    @Test func base64OfEveryLengthIsReadAsItWasWritten() {
        var random = Xoshiro256(seed: 12)
        for count in 0..<70 {
            let bytes = (0..<count).map { _ in UInt8(random.below(256)) }
            let text = Base64URL.encode(bytes)
            #expect(Base64URL.decode(text) == bytes)
            #expect(!text.contains("="))
        }
        #expect(Base64URL.encode([0xFB, 0xFF]) == "-_8")
    }

    @Test(arguments: ["A", "AAAAA", "AA==", "A A=", "+/AA", "AB", "AAB", "Aé"])
    func base64InAnyOtherFormIsRefused(text: String) {
        #expect(Base64URL.decode(text) == nil)
    }
}
