/// Receives the values of a JSON document. Bytes are valid for the call alone.
protocol JSONVisitor {
    /// A text, or `true` and `false`.
    mutating func text(_ path: UnsafeRawBufferPointer, _ text: UnsafeRawBufferPointer)
    /// A number, as it is written.
    mutating func number(_ path: UnsafeRawBufferPointer, _ text: UnsafeRawBufferPointer)
}

/// Walks over a JSON object or array, strictly by RFC 8259, and shows its values by field path:
/// names joined by full stops, elements of arrays under the path of their array.
///
/// The bytes may be hostile, but are valid UTF-8.
struct JSONWalk {
    private let bytes: UnsafeRawBufferPointer
    private var index = 0
    private var path: [UInt8] = []
    private var scratch: [UInt8] = []

    private struct Malformed: Error {}

    /// True where the bytes may be an object or array, by their first character.
    static func mayBeJSON(_ bytes: UnsafeRawBufferPointer) -> Bool {
        let first = bytes.first { !($0 == 0x20 || (9...13).contains($0)) }
        return first == 0x7B || first == 0x5B
    }

    /// Shows every value to `visitor`.
    /// - Returns: false where the bytes are no JSON, or nested too deep; some values may have been
    ///   shown then.
    static func walk<Visitor: JSONVisitor>(
        _ bytes: UnsafeRawBufferPointer, _ visitor: inout Visitor
    ) -> Bool {
        var walk = JSONWalk(bytes: bytes)
        do {
            try walk.value(&visitor, depth: 0)
            walk.skipSpace()
            return walk.index == bytes.count
        } catch {
            return false
        }
    }

    private init(bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    private mutating func value<Visitor: JSONVisitor>(
        _ visitor: inout Visitor, depth: Int
    ) throws(Malformed) {
        guard depth <= SearchLimits.jsonDepthMax else { throw Malformed() }
        skipSpace()
        guard index < bytes.count else { throw Malformed() }
        switch bytes[index] {
        case UInt8(ascii: "{"): try object(&visitor, depth)
        case UInt8(ascii: "["): try array(&visitor, depth)
        case UInt8(ascii: "\""):
            let text = try string()
            withSpan(text) { path, text in visitor.text(path, text) }
        case UInt8(ascii: "t"): try word("true", &visitor)
        case UInt8(ascii: "f"): try word("false", &visitor)
        case UInt8(ascii: "n"): _ = try literal("null")
        default:
            let range = try number()
            withSpan(.inPlace(range)) { path, text in visitor.number(path, text) }
        }
    }

    private mutating func object<Visitor: JSONVisitor>(
        _ visitor: inout Visitor, _ depth: Int
    ) throws(Malformed) {
        index += 1
        skipSpace()
        if take("}") { return }
        repeat {
            skipSpace()
            guard index < bytes.count, bytes[index] == UInt8(ascii: "\"") else {
                throw Malformed()
            }
            let length = path.count
            try appendName()
            skipSpace()
            guard take(":") else { throw Malformed() }
            try value(&visitor, depth: depth + 1)
            path.removeLast(path.count - length)
            skipSpace()
        } while take(",")
        guard take("}") else { throw Malformed() }
    }

    private mutating func appendName() throws(Malformed) {
        let name = try string()
        if !path.isEmpty { path.append(UInt8(ascii: ".")) }
        switch name {
        case .inPlace(let range): path.append(contentsOf: bytes[range])
        case .unescaped: path.append(contentsOf: scratch)
        }
    }

    private mutating func array<Visitor: JSONVisitor>(
        _ visitor: inout Visitor, _ depth: Int
    ) throws(Malformed) {
        index += 1
        skipSpace()
        if take("]") { return }
        repeat {
            try value(&visitor, depth: depth + 1)
            skipSpace()
        } while take(",")
        guard take("]") else { throw Malformed() }
    }

    // MARK: Scalars

    private enum Span {
        case inPlace(Range<Int>)
        /// In `scratch`.
        case unescaped
    }

    private func withSpan(
        _ span: Span, _ body: (UnsafeRawBufferPointer, UnsafeRawBufferPointer) -> Void
    ) {
        path.withUnsafeBytes { path in
            switch span {
            case .inPlace(let range): body(path, UnsafeRawBufferPointer(rebasing: bytes[range]))
            case .unescaped: scratch.withUnsafeBytes { body(path, $0) }
            }
        }
    }

    private mutating func word<Visitor: JSONVisitor>(
        _ text: StaticString, _ visitor: inout Visitor
    ) throws(Malformed) {
        let range = try literal(text)
        withSpan(.inPlace(range)) { path, text in visitor.text(path, text) }
    }

    private mutating func literal(_ text: StaticString) throws(Malformed) -> Range<Int> {
        let start = index
        for place in 0..<text.utf8CodeUnitCount {
            guard index < bytes.count, bytes[index] == text.utf8Start[place] else {
                throw Malformed()
            }
            index += 1
        }
        return start..<index
    }

    private mutating func number() throws(Malformed) -> Range<Int> {
        let start = index
        _ = take("-")
        if !take("0") { try digits() }
        if take(".") { try digits() }
        if take("e") || take("E") {
            if !take("+") { _ = take("-") }
            try digits()
        }
        return start..<index
    }

    private mutating func digits() throws(Malformed) {
        let start = index
        while index < bytes.count, (48...57).contains(bytes[index]) { index += 1 }
        guard index > start else { throw Malformed() }
    }

    private mutating func string() throws(Malformed) -> Span {
        index += 1
        let start = index
        while index < bytes.count {
            let byte = bytes[index]
            if byte == UInt8(ascii: "\"") {
                index += 1
                return .inPlace(start..<(index - 1))
            }
            if byte == UInt8(ascii: "\\") { return try escapedString(from: start) }
            guard byte >= 0x20 else { throw Malformed() }
            index += 1
        }
        throw Malformed()
    }

    private mutating func escapedString(from start: Int) throws(Malformed) -> Span {
        scratch.removeAll(keepingCapacity: true)
        scratch.append(contentsOf: bytes[start..<index])
        while index < bytes.count {
            let byte = bytes[index]
            index += 1
            if byte == UInt8(ascii: "\"") { return .unescaped }
            guard byte >= 0x20 else { throw Malformed() }
            if byte == UInt8(ascii: "\\") { try escape() } else { scratch.append(byte) }
        }
        throw Malformed()
    }

    private mutating func escape() throws(Malformed) {
        guard index < bytes.count else { throw Malformed() }
        let byte = bytes[index]
        index += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): scratch.append(byte)
        case UInt8(ascii: "b"), UInt8(ascii: "f"), UInt8(ascii: "n"), UInt8(ascii: "r"),
            UInt8(ascii: "t"):
            scratch.append(0x20)
        case UInt8(ascii: "u"): scratch.append(contentsOf: String(try escapedScalar()).utf8)
        default: throw Malformed()
        }
    }

    /// What `\u` names; a surrogate without its other half is the replacement character.
    private mutating func escapedScalar() throws(Malformed) -> Unicode.Scalar {
        let high = try hexadecimal()
        guard (0xD800...0xDBFF).contains(high), index + 1 < bytes.count,
            bytes[index] == UInt8(ascii: "\\"), bytes[index + 1] == UInt8(ascii: "u")
        else { return Unicode.Scalar(high == 0 ? 0xFFFD : high) ?? "\u{FFFD}" }
        let mark = index
        index += 2
        let low = try hexadecimal()
        guard (0xDC00...0xDFFF).contains(low) else {
            index = mark
            return "\u{FFFD}"
        }
        return Unicode.Scalar(0x10000 + (high - 0xD800) << 10 + (low - 0xDC00)) ?? "\u{FFFD}"
    }

    private mutating func hexadecimal() throws(Malformed) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard index < bytes.count,
                let digit = Character(Unicode.Scalar(bytes[index])).hexDigitValue
            else { throw Malformed() }
            value = value << 4 | UInt32(digit)
            index += 1
        }
        return value
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard index < bytes.count, UInt32(bytes[index]) == character.value else { return false }
        index += 1
        return true
    }

    private mutating func skipSpace() {
        while index < bytes.count,
            bytes[index] == 0x20 || bytes[index] == 9 || bytes[index] == 10 || bytes[index] == 13
        { index += 1 }
    }
}
