/// Writes JSON: objects and arrays in the order of the calls, with commas where they belong.
///
/// ```
/// var json = JSONWriter()
/// json.object { json in
///     json.member("entries", 5)
/// }
/// ```
package struct JSONWriter {
    package private(set) var bytes: [UInt8] = []
    /// A comma stands before the next member or element.
    private var needsComma = false

    package init() {}

    /// `{ … }`, as the document or as an element.
    package mutating func object(_ body: (inout JSONWriter) -> Void) {
        enclose(UInt8(ascii: "{"), UInt8(ascii: "}"), body)
    }

    /// A member that is an object.
    package mutating func object(_ name: String, _ body: (inout JSONWriter) -> Void) {
        key(name)
        enclose(UInt8(ascii: "{"), UInt8(ascii: "}"), body)
    }

    /// A member that is an array.
    package mutating func array(_ name: String, _ body: (inout JSONWriter) -> Void) {
        key(name)
        enclose(UInt8(ascii: "["), UInt8(ascii: "]"), body)
    }

    package mutating func member(_ name: String, _ value: String?) {
        key(name)
        if let value { text(value) } else { raw("null") }
    }

    package mutating func member(_ name: String, _ value: some BinaryInteger) {
        key(name)
        raw(value.description)
    }

    package mutating func member(_ name: String, _ value: Bool) {
        key(name)
        raw(value ? "true" : "false")
    }

    /// A fraction; what is no number becomes null.
    package mutating func member(_ name: String, _ value: Double) {
        key(name)
        raw(value.isFinite ? value.description : "null")
    }

    /// A member whose value is JSON already.
    package mutating func member(_ name: String, json: String) {
        key(name)
        raw(json)
    }

    /// An element that is a text.
    package mutating func element(_ value: String) {
        separate()
        text(value)
    }

    /// An element that is a whole number.
    package mutating func element(_ value: some BinaryInteger) {
        separate()
        raw(value.description)
    }

    private mutating func enclose(
        _ opening: UInt8, _ closing: UInt8, _ body: (inout JSONWriter) -> Void
    ) {
        separate()
        bytes.append(opening)
        needsComma = false
        body(&self)
        bytes.append(closing)
        needsComma = true
    }

    private mutating func key(_ name: String) {
        separate()
        text(name)
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    private mutating func separate() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        needsComma = true
    }

    private mutating func raw(_ text: String) {
        bytes.append(contentsOf: text.utf8)
        needsComma = true
    }

    private mutating func text(_ text: String) {
        bytes.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                bytes.append(UInt8(ascii: "\\"))
                bytes.append(byte)
            case 0..<0x20: bytes.append(contentsOf: Self.escapes[Int(byte)])
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
        needsComma = true
    }

    /// `\u00XX` for each control character.
    private static let escapes: [[UInt8]] = (0..<0x20).map { byte in
        let digits = String(byte, radix: 16)
        return Array(("\\u" + String(repeating: "0", count: 4 - digits.count) + digits).utf8)
    }
}
