/// Base64 with padding (RFC 4648, section 4), strictly: one text for each value.
enum Base64 {
    @inline(__always)
    static func encodedCount(_ count: Int) -> Int { (count + 2) / 3 * 4 }

    static func encode(_ bytes: UnsafeRawBufferPointer, into cursor: inout ByteCursor) {
        var index = 0
        while index < bytes.count {
            let left = bytes.count - index
            let first = bytes[index]
            let second = left > 1 ? bytes[index + 1] : 0
            let third = left > 2 ? bytes[index + 2] : 0
            cursor.write(digit(first >> 2))
            cursor.write(digit((first & 0x03) << 4 | second >> 4))
            cursor.write(left > 1 ? digit((second & 0x0F) << 2 | third >> 6) : UInt8(ascii: "="))
            cursor.write(left > 2 ? digit(third & 0x3F) : UInt8(ascii: "="))
            index += 3
        }
    }

    /// Decodes into `space`, which has room for three quarters of `text`; `space` may begin where
    /// `text` does.
    /// - Returns: the decoded length; nil where the text is not the encoding of any bytes.
    static func decode(
        _ text: UnsafeRawBufferPointer, into space: UnsafeMutableRawBufferPointer
    ) -> Int? {
        guard text.count % 4 == 0 else { return nil }
        precondition(space.count >= text.count / 4 * 3)
        var count = 0
        for index in stride(from: 0, to: text.count, by: 4) {
            let isLast = index + 4 == text.count
            let pads = isLast ? paddings(text) : 0
            guard let first = value(text[index]), let second = value(text[index + 1]),
                let third = pads > 1 ? 0 : value(text[index + 2]),
                let fourth = pads > 0 ? 0 : value(text[index + 3])
            else { return nil }
            if pads == 2, second & 0x0F != 0 { return nil }
            if pads == 1, third & 0x03 != 0 { return nil }
            space[count] = first << 2 | second >> 4
            if pads < 2 { space[count + 1] = second << 4 | third >> 2 }
            if pads < 1 { space[count + 2] = third << 6 | fourth }
            count += 3 - pads
        }
        return count
    }

    private static func paddings(_ text: UnsafeRawBufferPointer) -> Int {
        guard text[text.count - 1] == UInt8(ascii: "=") else { return 0 }
        return text[text.count - 2] == UInt8(ascii: "=") ? 2 : 1
    }

    @inline(__always)
    private static func digit(_ value: UInt8) -> UInt8 {
        switch value {
        case 0..<26: value + 0x41
        case 26..<52: value + 0x47
        case 52..<62: value &- 4
        case 62: UInt8(ascii: "+")
        default: UInt8(ascii: "/")
        }
    }

    @inline(__always)
    private static func value(_ digit: UInt8) -> UInt8? {
        switch digit {
        case 0x41...0x5A: digit - 0x41
        case 0x61...0x7A: digit - 0x47
        case 0x30...0x39: digit + 4
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }
}
