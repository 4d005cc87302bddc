extension JSONString {
    /// Writes the string without its escapes into `space`, which has room for `extent.count`.
    /// - Returns: the length written, never more than `extent.count`.
    func unescape(
        _ text: UnsafeRawBufferPointer, into space: UnsafeMutableRawBufferPointer
    ) -> Int {
        let source = bytes(in: text)
        precondition(space.count >= source.count)
        var index = 0
        var count = 0
        while index < source.count {
            guard source[index] == UInt8(ascii: "\\") else {
                space[count] = source[index]
                index += 1
                count += 1
                continue
            }
            if source[index + 1] == UInt8(ascii: "u") {
                count += Self.unescapeUnicode(source, &index, into: space, at: count)
            } else {
                space[count] = Self.meaning(source[index + 1])
                index += 2
                count += 1
            }
        }
        return count
    }

    private static func meaning(_ letter: UInt8) -> UInt8 {
        switch letter {
        case UInt8(ascii: "b"): 0x08
        case UInt8(ascii: "f"): 0x0C
        case UInt8(ascii: "n"): 0x0A
        case UInt8(ascii: "r"): 0x0D
        case UInt8(ascii: "t"): 0x09
        default: letter
        }
    }

    /// One escape or one pair of them; it takes at least 6 bytes and writes at most 4.
    private static func unescapeUnicode(
        _ source: UnsafeRawBufferPointer, _ index: inout Int,
        into space: UnsafeMutableRawBufferPointer, at offset: Int
    ) -> Int {
        guard var scalar = JSONScanner.codeUnit(source, at: index) else {
            preconditionFailure("escapes were checked")
        }
        index += 6
        if scalar & 0xFC00 == 0xD800, let low = JSONScanner.codeUnit(source, at: index) {
            scalar = 0x1_0000 + ((scalar & 0x3FF) << 10 | (low & 0x3FF))
            index += 6
        }
        return encode(scalar, into: space, at: offset)
    }

    private static func encode(
        _ scalar: UInt32, into space: UnsafeMutableRawBufferPointer, at offset: Int
    ) -> Int {
        if scalar < 0x80 {
            space[offset] = UInt8(scalar)
            return 1
        }
        let length = scalar < 0x800 ? 2 : scalar < 0x1_0000 ? 3 : 4
        var rest = scalar
        for place in stride(from: length - 1, to: 0, by: -1) {
            space[offset + place] = 0x80 | UInt8(rest & 0x3F)
            rest >>= 6
        }
        let mark: UInt8 = length == 2 ? 0xC0 : length == 3 ? 0xE0 : 0xF0
        space[offset] = mark | UInt8(rest)
        return length
    }
}
