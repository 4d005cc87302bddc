/// A run of bytes inside a buffer that the reader of it knows.
struct Extent: Equatable, Sendable {
    var start: Int32
    var count: Int32

    static var empty: Extent { Extent(start: 0, count: 0) }

    @inline(__always)
    init(start: Int32, count: Int32) {
        self.start = start
        self.count = count
    }

    /// - Precondition: the offsets fit 32 bits: heads and bodies do, by `HTTPLimits`.
    @inline(__always)
    init(_ lower: Int, _ upper: Int) {
        start = Int32(lower)
        count = Int32(upper - lower)
    }

    @inline(__always)
    var end: Int { Int(start) + Int(count) }

    @inline(__always)
    func bytes(in buffer: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: buffer[Int(start)..<end])
    }
}

/// Character classes of RFC 9110, as bitmaps in registers: no table, no initialisation.
enum ASCII {
    static let tab: UInt8 = 0x09
    static let lineFeed: UInt8 = 0x0A
    static let carriageReturn: UInt8 = 0x0D
    static let space: UInt8 = 0x20

    /// A character of a method, a field name or another token.
    @inline(__always)
    static func isToken(_ byte: UInt8) -> Bool {
        isSet(byte, 0x03FF_6CFA_0000_0000, 0x57FF_FFFF_C7FF_FFFE)
    }

    /// A character of a host with its port, as `Host` carries it.
    @inline(__always)
    static func isHost(_ byte: UInt8) -> Bool {
        isSet(byte, 0x2FFF_7FF2_0000_0000, 0x47FF_FFFE_AFFF_FFFE)
    }

    /// A character of a field value; CR, LF, NUL and the other controls are none.
    @inline(__always)
    static func isFieldValue(_ byte: UInt8) -> Bool {
        (byte >= 0x20 && byte != 0x7F) || byte == tab
    }

    /// A character of a request target: visible, and no fragment.
    @inline(__always)
    static func isTarget(_ byte: UInt8) -> Bool {
        byte > 0x20 && byte < 0x7F && byte != UInt8(ascii: "#")
    }

    @inline(__always)
    static func isDigit(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 }

    /// The value of a hexadecimal digit; nil for any other byte.
    @inline(__always)
    static func hexValue(_ byte: UInt8) -> UInt8? {
        if byte &- 0x30 < 10 { return byte &- 0x30 }
        let lower = byte | 0x20
        return lower &- 0x61 < 6 ? lower &- 0x61 &+ 10 : nil
    }

    /// Compares with lower-case `text` regardless of case. `bytes` are tokens or target characters.
    @inline(__always)
    static func equalsIgnoringCase(_ bytes: UnsafeRawBufferPointer, _ text: StaticString) -> Bool {
        guard bytes.count == text.utf8CodeUnitCount else { return false }
        for index in 0..<bytes.count where fold(bytes[index]) != text.utf8Start[index] {
            return false
        }
        return true
    }

    @inline(__always)
    static func equals(_ bytes: UnsafeRawBufferPointer, _ text: StaticString) -> Bool {
        guard bytes.count == text.utf8CodeUnitCount else { return false }
        for index in 0..<bytes.count where bytes[index] != text.utf8Start[index] { return false }
        return true
    }

    @inline(__always)
    static func hasPrefix(_ bytes: UnsafeRawBufferPointer, _ text: StaticString) -> Bool {
        guard bytes.count >= text.utf8CodeUnitCount else { return false }
        for index in 0..<text.utf8CodeUnitCount where bytes[index] != text.utf8Start[index] {
            return false
        }
        return true
    }

    /// Without spaces and tabs at both ends.
    @inline(__always)
    static func trimmed(_ bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        var lower = 0
        var upper = bytes.count
        while lower < upper, isBlank(bytes[lower]) { lower += 1 }
        while upper > lower, isBlank(bytes[upper - 1]) { upper -= 1 }
        return UnsafeRawBufferPointer(rebasing: bytes[lower..<upper])
    }

    @inline(__always)
    static func isBlank(_ byte: UInt8) -> Bool { byte == space || byte == tab }

    /// Calls `body` with each trimmed, non-empty element of a comma-separated list, quoted
    /// strings kept whole, until it returns false.
    static func forEachListElement(
        _ list: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) -> Bool
    ) {
        var start = 0
        var isQuoted = false
        for index in 0...list.count {
            if index < list.count {
                if list[index] == UInt8(ascii: "\"") { isQuoted.toggle() }
                if isQuoted || list[index] != UInt8(ascii: ",") { continue }
            }
            let element = trimmed(UnsafeRawBufferPointer(rebasing: list[start..<index]))
            if !element.isEmpty, !body(element) { return }
            start = index + 1
        }
    }

    @inline(__always)
    private static func fold(_ byte: UInt8) -> UInt8 {
        byte &- 0x41 < 26 ? byte | 0x20 : byte
    }

    @inline(__always)
    private static func isSet(_ byte: UInt8, _ low: UInt64, _ high: UInt64) -> Bool {
        let word = byte < 64 ? low : high
        return byte < 128 && (word &>> UInt64(byte & 63)) & 1 != 0
    }
}
