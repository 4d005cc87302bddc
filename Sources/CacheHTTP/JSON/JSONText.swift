/// How a value is written into JSON; measured first, so that Content-Length is known.
enum JSONText: Equatable {
    /// As it stands between quotes.
    case plain
    /// UTF-8 with characters to escape; the length when written.
    case escaped(Int)
    /// Not UTF-8: as base64.
    case binary

    /// - Complexity: O(length), eight bytes a step over plain ASCII.
    @inline(__always)
    init(measuring bytes: UnsafeRawBufferPointer) {
        let plain = Word.endOfPlain(bytes, from: 0)
        self = plain == bytes.count ? .plain : Self.measureRest(bytes, plain)
    }

    @inline(__always)
    func count(of bytes: UnsafeRawBufferPointer) -> Int {
        switch self {
        case .plain: bytes.count
        case .escaped(let count): count
        case .binary: Base64.encodedCount(bytes.count)
        }
    }

    /// Writes exactly `count(of:)` bytes.
    @inline(__always)
    func write(_ bytes: UnsafeRawBufferPointer, to cursor: inout ByteCursor) {
        switch self {
        case .plain: cursor.write(bytes)
        case .escaped: Self.writeEscaped(bytes, to: &cursor)
        case .binary: Base64.encode(bytes, into: &cursor)
        }
    }

    private static func measureRest(_ bytes: UnsafeRawBufferPointer, _ start: Int) -> JSONText {
        var index = start
        var extra = 0
        while index < bytes.count {
            let byte = bytes[index]
            if byte < 0x80 {
                extra += escapeCount(byte) - 1
                index += 1
            } else {
                let length = UTF8Validation.sequence(bytes, at: index)
                guard length > 0 else { return .binary }
                index += length
            }
            index = Word.endOfPlain(bytes, from: index)
        }
        return extra == 0 ? .plain : .escaped(bytes.count + extra)
    }

    private static func escapeCount(_ byte: UInt8) -> Int {
        if Word.isPlain(byte) { return 1 }
        return shortEscape(byte) == nil ? 6 : 2
    }

    private static func shortEscape(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x22, 0x5C: byte
        case 0x08: UInt8(ascii: "b")
        case 0x09: UInt8(ascii: "t")
        case 0x0A: UInt8(ascii: "n")
        case 0x0C: UInt8(ascii: "f")
        case 0x0D: UInt8(ascii: "r")
        default: nil
        }
    }

    private static func writeEscaped(
        _ bytes: UnsafeRawBufferPointer, to cursor: inout ByteCursor
    ) {
        var index = 0
        while index < bytes.count {
            let plain = Word.endOfPlain(bytes, from: index)
            cursor.write(UnsafeRawBufferPointer(rebasing: bytes[index..<plain]))
            guard plain < bytes.count else { return }
            let byte = bytes[plain]
            if byte >= 0x80 {
                cursor.write(byte)
            } else {
                writeEscape(byte, to: &cursor)
            }
            index = plain + 1
        }
    }

    private static func writeEscape(_ byte: UInt8, to cursor: inout ByteCursor) {
        cursor.write(UInt8(ascii: "\\"))
        if let letter = shortEscape(byte) {
            cursor.write(letter)
        } else {
            cursor.write("u00")
            cursor.writeHexDigit(byte >> 4)
            cursor.writeHexDigit(byte & 15)
        }
    }
}
