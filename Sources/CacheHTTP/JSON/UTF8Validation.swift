/// Checks UTF-8 (RFC 3629): no overlong form, no surrogate, nothing above U+10FFFF.
enum UTF8Validation {
    /// Length of the well-formed sequence that starts at `index`; 0 where there is none.
    /// `bytes[index]` is not ASCII.
    @inline(__always)
    static func sequence(_ bytes: UnsafeRawBufferPointer, at index: Int) -> Int {
        let lead = bytes[index]
        let left = bytes.count - index
        if lead < 0xE0 {
            guard lead >= 0xC2, left >= 2 else { return 0 }
            return isContinuation(bytes[index + 1]) ? 2 : 0
        }
        if lead < 0xF0 {
            guard left >= 3, isContinuation(bytes[index + 1]), isContinuation(bytes[index + 2])
            else { return 0 }
            let second = bytes[index + 1]
            if lead == 0xE0, second < 0xA0 { return 0 }
            return lead == 0xED && second > 0x9F ? 0 : 3
        }
        guard lead < 0xF5, left >= 4, isContinuation(bytes[index + 1]),
            isContinuation(bytes[index + 2]), isContinuation(bytes[index + 3])
        else { return 0 }
        let second = bytes[index + 1]
        if lead == 0xF0, second < 0x90 { return 0 }
        return lead == 0xF4 && second > 0x8F ? 0 : 4
    }

    @inline(__always)
    private static func isContinuation(_ byte: UInt8) -> Bool { byte & 0xC0 == 0x80 }
}

/// Tests on eight bytes at a time.
enum Word {
    static let ones: UInt64 = 0x0101_0101_0101_0101
    static let highs: UInt64 = 0x8080_8080_8080_8080

    /// True where one of the eight bytes is not ASCII, a control, a quote or a backslash: what a
    /// JSON string cannot carry as it stands, or must be looked at.
    @inline(__always)
    static func holdsSpecial(_ word: UInt64) -> Bool {
        let quotes = word ^ (ones &* 0x22)
        let slashes = word ^ (ones &* 0x5C)
        let found =
            word | (word &- ones &* 0x20) | (quotes &- ones) | (slashes &- ones)
        return found & highs != 0
    }

    /// Offset of the first byte at or after `index` that `holdsSpecial` would find in its word;
    /// bytes before it are plain.
    @inline(__always)
    static func endOfPlain(_ bytes: UnsafeRawBufferPointer, from index: Int) -> Int {
        var index = index
        while index + 8 <= bytes.count {
            let word = bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)
            if holdsSpecial(word) { break }
            index += 8
        }
        while index < bytes.count, isPlain(bytes[index]) { index += 1 }
        return index
    }

    @inline(__always)
    static func isPlain(_ byte: UInt8) -> Bool {
        byte >= 0x20 && byte < 0x80 && byte != 0x22 && byte != 0x5C
    }
}
