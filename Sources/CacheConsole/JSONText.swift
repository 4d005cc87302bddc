/// Writes JSON (RFC 8259), with nothing between its tokens.
package struct JSONText {
    package private(set) var bytes: [UInt8] = []

    package init() {}

    /// Tokens as they stand.
    package mutating func raw(_ text: StaticString) {
        text.withUTF8Buffer { bytes.append(contentsOf: $0) }
    }

    /// Tokens that were made.
    package mutating func raw(_ text: String) { bytes.append(contentsOf: text.utf8) }

    /// A string in its quotes.
    package mutating func string(_ text: String) {
        bytes.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                bytes.append(UInt8(ascii: "\\"))
                bytes.append(byte)
            case UInt8(ascii: "\n"): raw("\\n" as StaticString)
            case UInt8(ascii: "\r"): raw("\\r" as StaticString)
            case UInt8(ascii: "\t"): raw("\\t" as StaticString)
            case 0..<0x20, 0x7F: escape(byte)
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private mutating func escape(_ byte: UInt8) {
        raw("\\u00" as StaticString)
        let digits = String(byte, radix: 16)
        if digits.count < 2 { raw("0" as StaticString) }
        bytes.append(contentsOf: digits.utf8)
    }
}
