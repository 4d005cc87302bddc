/// Reads JSON strictly (RFC 8259), with a limit on depth.
///
/// Stricter than most readers in one point: a member that stands twice is refused, because two
/// readers of the same token could each see another one.
struct JSONReader {
    /// Not JSON, or beyond a limit.
    struct Malformed: Error {}

    private let bytes: UnsafeRawBufferPointer
    private var position = 0
    private var depth = 0

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    mutating func whole() throws(Malformed) -> JSONValue {
        let value = try value()
        skipBlanks()
        guard position == bytes.count else { throw Malformed() }
        return value
    }

    private mutating func value() throws(Malformed) -> JSONValue {
        skipBlanks()
        guard let first = next else { throw Malformed() }
        switch first {
        case UInt8(ascii: "{"): return try object()
        case UInt8(ascii: "["): return try array()
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .boolean(true))
        case UInt8(ascii: "f"): return try word("false", .boolean(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        default: return .number(try number())
        }
    }

    private mutating func object() throws(Malformed) -> JSONValue {
        try enter()
        var members: [String: JSONValue] = [:]
        while try !ends(UInt8(ascii: "}"), isFirst: members.isEmpty) {
            skipBlanks()
            let name = try string()
            skipBlanks()
            try take(UInt8(ascii: ":"))
            guard members.updateValue(try value(), forKey: name) == nil else { throw Malformed() }
        }
        depth -= 1
        return .object(members)
    }

    private mutating func array() throws(Malformed) -> JSONValue {
        try enter()
        var elements: [JSONValue] = []
        while try !ends(UInt8(ascii: "]"), isFirst: elements.isEmpty) {
            elements.append(try value())
        }
        depth -= 1
        return .array(elements)
    }

    private mutating func enter() throws(Malformed) {
        position += 1
        depth += 1
        guard depth <= SecurityLimits.jsonDepthMax else { throw Malformed() }
    }

    /// Takes the closing bracket and returns true, or the comma before the next element.
    private mutating func ends(_ closing: UInt8, isFirst: Bool) throws(Malformed) -> Bool {
        skipBlanks()
        if next == closing {
            position += 1
            return true
        }
        if !isFirst { try take(UInt8(ascii: ",")) }
        return false
    }

    private mutating func word(
        _ text: StaticString, _ value: JSONValue
    ) throws(Malformed) -> JSONValue {
        for index in 0..<text.utf8CodeUnitCount { try take(text.utf8Start[index]) }
        return value
    }

    private mutating func number() throws(Malformed) -> Double {
        let start = position
        if next == UInt8(ascii: "-") { position += 1 }
        let isZero = next == UInt8(ascii: "0")
        let digits = try digits()
        guard !isZero || digits == 1 else { throw Malformed() }
        if next == UInt8(ascii: ".") {
            position += 1
            _ = try self.digits()
        }
        if next == UInt8(ascii: "e") || next == UInt8(ascii: "E") {
            position += 1
            if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { position += 1 }
            _ = try self.digits()
        }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        guard let number = Double(text), number.isFinite else { throw Malformed() }
        return number
    }

    /// Passes over at least one digit; returns how many.
    private mutating func digits() throws(Malformed) -> Int {
        let start = position
        while let byte = next, byte &- 0x30 < 10 { position += 1 }
        guard position > start else { throw Malformed() }
        return position - start
    }

    private mutating func string() throws(Malformed) -> String {
        try take(UInt8(ascii: "\""))
        var content: [UInt8] = []
        while let byte = next, byte != UInt8(ascii: "\"") {
            guard byte >= 0x20 else { throw Malformed() }
            position += 1
            if byte == UInt8(ascii: "\\") {
                content += String(Character(try escape())).utf8
            } else {
                content.append(byte)
            }
        }
        try take(UInt8(ascii: "\""))
        guard let text = String(validating: content, as: UTF8.self) else { throw Malformed() }
        return text
    }

    private mutating func escape() throws(Malformed) -> Unicode.Scalar {
        guard let letter = next else { throw Malformed() }
        position += 1
        switch letter {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"):
            return Unicode.Scalar(letter)
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"): return try escapedScalar()
        default: throw Malformed()
        }
    }

    private mutating func escapedScalar() throws(Malformed) -> Unicode.Scalar {
        let unit = try codeUnit()
        if let scalar = Unicode.Scalar(unit) { return scalar }
        // The first half of a pair, and then the second.
        guard unit < 0xDC00 else { throw Malformed() }
        try take(UInt8(ascii: "\\"))
        try take(UInt8(ascii: "u"))
        let low = try codeUnit()
        guard (0xDC00..<0xE000).contains(low),
            let scalar = Unicode.Scalar(0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00))
        else { throw Malformed() }
        return scalar
    }

    private mutating func codeUnit() throws(Malformed) -> UInt32 {
        var unit: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = next, let digit = Character(Unicode.Scalar(byte)).hexDigitValue,
                byte < 0x80
            else { throw Malformed() }
            unit = unit << 4 | UInt32(digit)
            position += 1
        }
        return unit
    }

    private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func take(_ byte: UInt8) throws(Malformed) {
        guard next == byte else { throw Malformed() }
        position += 1
    }

    private mutating func skipBlanks() {
        while let byte = next, byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D {
            position += 1
        }
    }
}
