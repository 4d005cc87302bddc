import CacheBase
import Testing

@testable import CacheConfig

struct TOMLTests {
    private func value(_ written: String) throws -> TOMLValue? {
        try TOMLDocument("key = \(written)").entries.first?.value
    }

    @Test(arguments: [
        ("1", TOMLValue.integer(1)), ("+99", .integer(99)), ("-0", .integer(0)),
        ("1_000", .integer(1000)), ("0xDEAD_beef", .integer(0xDEAD_BEEF)), ("0o17", .integer(15)),
        ("0b101", .integer(5)), ("9223372036854775807", .integer(.max)),
        ("-9223372036854775808", .integer(.min)), ("1.5", .number(1.5)), ("-0.25", .number(-0.25)),
        ("5e+22", .number(5e22)), ("1e06", .number(1e6)), ("6.626e-34", .number(6.626e-34)),
        ("1_0.2_5", .number(10.25)), ("inf", .number(.infinity)), ("-inf", .number(-.infinity)),
        ("true", .boolean(true)), ("false", .boolean(false)),
        ("\"\"", .text("")), ("'C:\\dir'", .text("C:\\dir")),
        ("\"é\\t\\\"\\\\\"", .text("é\t\"\\")),
        ("\"\\u00E9\\U0001F600\"", .text("é😀")), ("'it\"s'", .text("it\"s")),
        ("1979-05-27", .time), ("1979-05-27T07:32:00Z", .time), ("07:32:00", .time),
        ("[]", .array([])), ("[1, 'a',]", .array([.integer(1), .text("a")])),
        ("[\n  1, # one\n  [2]\n]", .array([.integer(1), .array([.integer(2)])])),
        ("[{a = 1}]", .array([.table])),
    ])
    func aValueIsRead(written: String, value: TOMLValue) throws {
        #expect(try self.value(written) == value)
    }

    @Test(arguments: [
        "", "#", "]", "01", "+01", "1_", "_1", "1__0", "0x", "0x_1", "+0x1", "1.", ".5", "1.e5",
        "1e",
        "1.2.3", "00.1", "9223372036854775808", "True", "nil", "1 2", "\"a", "'a", "\"a\nb\"",
        "\"\\x\"", "\"\\u12\"", "\"\\uD800\"", "\"\u{7}\"", "\"\"\"a\"\"\"", "'''a'''", "[1 2]",
        "[1",
        "[,]", "{a = 1", "{a = 1,}", "{a = 1\n}", "1\r", "1 # a\u{0}b", "\"a\" b",
    ])
    func whatIsNoValueIsAnErrorOnItsLine(written: String) {
        #expect(throws: TOMLError.self, "\(written)") { try TOMLDocument("key = \(written)") }
    }

    @Test(arguments: [
        "= 1", "a", "a b = 1", "a. = 1", ".a = 1", "a..b = 1", "[", "[]", "[a", "[a.]", "[#]",
        "[[a]]",
        "[a] b", "é = 1", "\"a = 1", "a = 1\na = 2", "[a]\n[a]", "a = 1\n[a]", "a = 1\na.b = 2",
        "a.b = 1\na = 2", "[a]\nb = 1\n[a.b]", "a = {b = 1}\n[a]", "a = {b = 1, b = 2}",
    ])
    func whatIsNoStatementIsAnError(text: String) {
        #expect(throws: TOMLError.self, "\(text)") { try TOMLDocument(text) }
    }

    @Test func everyKeyHasItsPathAndItsLine() throws {
        let text = "\u{9}a = 1 # one\r\n\n[ b . \"c d\" ]\ne.'f' = 2\ng = {h = 3}\n[b]\n"
        let entries = try TOMLDocument(text).entries
        #expect(
            entries.map(\.path) == [
                ["a"], ["b", "c d"], ["b", "c d", "e", "f"], ["b", "c d", "g"],
                ["b", "c d", "g", "h"],
                ["b"],
            ])
        #expect(entries.map(\.line) == [1, 3, 4, 5, 5, 6])
    }

    @Test func deepNestingIsAnErrorAndNoOverflow() {
        let deep = String(repeating: "[", count: 100_000)
        #expect(throws: TOMLError.self) { try TOMLDocument("a = \(deep)") }
        #expect(throws: TOMLError.self) {
            try TOMLDocument(String(repeating: "a.", count: 100_000))
        }
        #expect(throws: TOMLError.self) {
            try TOMLDocument("a = " + String(repeating: "{a = ", count: 100_000))
        }
    }

    @Test func noTextTraps() {
        let seed = UInt64.random(in: 0 ... .max)
        print("seed \(seed)")
        var random = Xoshiro256(seed: seed)
        let pieces =
            Array("[]=\"'.,{}#-+_ \t\r\n\\u1a0exé:T").map(String.init) + ["key", "true", "[["]
        for _ in 0..<20_000 {
            let count = Int.random(in: 0..<30, using: &random)
            let text = (0..<count).map { _ in
                pieces[Int.random(in: 0..<pieces.count, using: &random)]
            }
            .joined()
            let lines = text.utf8.count { $0 == UInt8(ascii: "\n") } + 1
            do {
                let entries = try TOMLDocument(text).entries
                #expect(entries.allSatisfy { (1...lines).contains($0.line) }, "\(text)")
            } catch {
                #expect((1...lines).contains(error.line), "\(text)")
            }
        }
    }
}
