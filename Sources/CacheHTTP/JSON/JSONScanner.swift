/// Why a JSON text is refused.
struct JSONFault: Error, Sendable {
    let reason: StaticString
    /// Where in the text.
    let offset: Int
    /// The member it is about, as it stands in the text; empty for none.
    var name: Extent = .empty
}

/// A string's content in the text, quotes excluded. It is checked: well-formed UTF-8, every escape
/// valid, every surrogate in its pair.
struct JSONString: Equatable, Sendable {
    var extent: Extent = .empty
    var hasEscapes = false

    @inline(__always)
    func bytes(in text: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        extent.bytes(in: text)
    }
}

/// Reads JSON tokens off a text, in one pass and in place, strictly by RFC 8259.
///
/// Documents of a fixed shape are read by calling for the token that must come next; so nothing
/// recurses, and no depth needs a limit.
struct JSONScanner {
    let text: UnsafeRawBufferPointer
    private(set) var position: Int

    init(_ text: UnsafeRawBufferPointer, at position: Int = 0) {
        self.text = text
        self.position = position
    }

    var bytesLeft: Int { text.count - position }

    func fault(_ reason: StaticString) -> JSONFault { JSONFault(reason: reason, offset: position) }

    /// The next byte that is not white space, not taken; nil at the end.
    @inline(__always)
    mutating func peek() -> UInt8? {
        while position < text.count {
            let byte = text[position]
            guard byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { return byte }
            position += 1
        }
        return nil
    }

    /// Takes `byte` where it comes next.
    @inline(__always)
    mutating func take(_ byte: UInt8) -> Bool {
        guard peek() == byte else { return false }
        position += 1
        return true
    }

    @inline(__always)
    mutating func expect(_ byte: UInt8, _ reason: StaticString) throws(JSONFault) {
        guard take(byte) else { throw fault(reason) }
    }

    /// Takes a literal name where it comes next.
    mutating func take(_ word: StaticString) -> Bool {
        guard peek() != nil else { return false }
        guard ASCII.hasPrefix(UnsafeRawBufferPointer(rebasing: text[position...]), word) else {
            return false
        }
        position += word.utf8CodeUnitCount
        return true
    }

    /// Nothing but white space may be left.
    mutating func end() throws(JSONFault) {
        guard peek() == nil else { throw fault("There is more behind the JSON text.") }
    }

    @inline(__always)
    mutating func string() throws(JSONFault) -> JSONString {
        try expect(UInt8(ascii: "\""), "A string is expected.")
        let string = try restOfString()
        position += 1
        return string
    }

    /// Reads a string whose opening quote is taken, and leaves its closing one.
    mutating func restOfString() throws(JSONFault) -> JSONString {
        let start = position
        var hasEscapes = false
        while true {
            position = Word.endOfPlain(text, from: position)
            guard position < text.count else { throw fault("The text ends inside a string.") }
            let byte = text[position]
            if byte == UInt8(ascii: "\"") { break }
            if byte == UInt8(ascii: "\\") {
                hasEscapes = true
                try escape()
            } else {
                guard byte >= 0x80 else { throw fault("A control character inside a string.") }
                let length = UTF8Validation.sequence(text, at: position)
                guard length > 0 else { throw fault("The text is not UTF-8.") }
                position += length
            }
        }
        return JSONString(extent: Extent(start, position), hasEscapes: hasEscapes)
    }

    /// Takes `count` bytes that the caller knows.
    @inline(__always)
    mutating func skip(_ count: Int) { position += count }

    /// Untakes what was taken since `earlier`.
    mutating func goBack(to earlier: Int) { position = earlier }

    mutating func number() throws(JSONFault) -> DecimalNumber {
        guard peek() != nil else { throw fault("A number is expected.") }
        var number = DecimalNumber()
        let length = number.read(UnsafeRawBufferPointer(rebasing: text[position...]))
        guard length > 0 else { throw fault("A number is expected.") }
        position += length
        return number
    }

    private mutating func escape() throws(JSONFault) {
        guard position + 1 < text.count else { throw fault("The text ends inside a string.") }
        switch text[position + 1] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"),
            UInt8(ascii: "f"), UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            position += 2
        case UInt8(ascii: "u"): try unicodeEscape()
        default: throw fault("An unknown escape inside a string.")
        }
    }

    private mutating func unicodeEscape() throws(JSONFault) {
        guard let unit = Self.codeUnit(text, at: position) else {
            throw fault("A \\u escape without four hexadecimal digits.")
        }
        guard unit & 0xF800 == 0xD800 else {
            position += 6
            return
        }
        guard unit < 0xDC00, let low = Self.codeUnit(text, at: position + 6),
            low & 0xFC00 == 0xDC00
        else { throw fault("A surrogate without its pair.") }
        position += 12
    }

    /// The value of the escape `\uXXXX` at `index`; nil where none stands there.
    @inline(__always)
    static func codeUnit(_ text: UnsafeRawBufferPointer, at index: Int) -> UInt32? {
        guard index + 6 <= text.count, text[index] == UInt8(ascii: "\\"),
            text[index + 1] == UInt8(ascii: "u")
        else { return nil }
        var unit: UInt32 = 0
        for digit in text[(index + 2)..<(index + 6)] {
            guard let value = ASCII.hexValue(digit) else { return nil }
            unit = unit << 4 | UInt32(value)
        }
        return unit
    }
}
