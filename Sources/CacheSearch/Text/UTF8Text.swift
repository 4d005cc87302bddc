/// UTF-8 as raw bytes: is it, and which character is where.
enum UTF8Text {
    /// True where the bytes are well-formed UTF-8 without NUL characters: what is taken for text.
    /// - Complexity: O(length), eight bytes at a time where they are ASCII.
    static func isText(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard let base = bytes.baseAddress else { return true }
        var index = 0
        let end = bytes.count
        while index < end {
            if index &+ 8 <= end {
                let word = base.loadUnaligned(fromByteOffset: index, as: UInt64.self)
                let zeros = (word &- 0x0101_0101_0101_0101) & ~word & 0x8080_8080_8080_8080
                if (word & 0x8080_8080_8080_8080) | zeros == 0 {
                    index &+= 8
                    continue
                }
            }
            let length = characterLength(base, index, end)
            guard length > 0 else { return false }
            index &+= length
        }
        return true
    }

    /// Bytes of the character at `index`; 0 where there is none, or a NUL.
    private static func characterLength(
        _ base: UnsafeRawPointer, _ index: Int, _ end: Int
    ) -> Int {
        func byte(_ place: Int) -> UInt8 {
            base.load(fromByteOffset: index + place, as: UInt8.self)
        }
        func isNext(_ place: Int, _ range: ClosedRange<UInt8> = 0x80...0xBF) -> Bool {
            index + place < end && range.contains(byte(place))
        }
        let first = byte(0)
        switch first {
        case 1...0x7F: return 1
        case 0xC2...0xDF: return isNext(1) ? 2 : 0
        case 0xE0...0xEF:
            let second: ClosedRange<UInt8> =
                first == 0xE0 ? 0xA0...0xBF : first == 0xED ? 0x80...0x9F : 0x80...0xBF
            return isNext(1, second) && isNext(2) ? 3 : 0
        case 0xF0...0xF4:
            let second: ClosedRange<UInt8> =
                first == 0xF0 ? 0x90...0xBF : first == 0xF4 ? 0x80...0x8F : 0x80...0xBF
            return isNext(1, second) && isNext(2) && isNext(3) ? 4 : 0
        default: return 0
        }
    }

    /// The character at `index` of a valid text, and where the next one begins.
    static func decode(_ bytes: UnsafePointer<UInt8>, _ index: Int) -> (Unicode.Scalar, Int) {
        func tail(_ place: Int) -> UInt32 { UInt32(bytes[index + place]) & 0x3F }
        let first = UInt32(bytes[index])
        if first < 0x80 { return (Unicode.Scalar(UInt8(first)), index + 1) }
        let value: UInt32
        let length: Int
        if first < 0xE0 {
            (value, length) = ((first & 0x1F) << 6 | tail(1), 2)
        } else if first < 0xF0 {
            (value, length) = ((first & 0x0F) << 12 | tail(1) << 6 | tail(2), 3)
        } else {
            (value, length) = (
                (first & 0x07) << 18 | tail(1) << 12 | tail(2) << 6 | tail(3), 4
            )
        }
        return (Unicode.Scalar(value) ?? "\u{FFFD}", index + length)
    }
}
