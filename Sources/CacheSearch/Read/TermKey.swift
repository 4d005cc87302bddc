/// A term as the dictionary has it: the path of its field, a NUL, the word. The path is empty for
/// words of the text as a whole.
enum TermKey {
    static func make(path: some Collection<UInt8>, term: some Collection<UInt8>) -> [UInt8] {
        var key: [UInt8] = []
        key.reserveCapacity(path.count + 1 + term.count)
        key.append(contentsOf: path)
        key.append(0)
        key.append(contentsOf: term)
        return key
    }

    /// The first bytes of a key as a number that sorts like them. Words of the whole text share
    /// their first byte, a NUL: it is left out, and other keys come behind all of them.
    @inline(__always)
    static func sortWord(_ key: UnsafeRawBufferPointer) -> UInt64 {
        guard key.first == 0 else { return .max }
        var word: UInt64 = 0
        for index in 1..<9 { word = word << 8 | (index < key.count ? UInt64(key[index]) : 0) }
        // The largest number is for keys of fields alone.
        return min(word, .max - 1)
    }

    /// The order of the dictionary: byte by byte, a prefix first.
    @inline(__always)
    static func precedes(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Bool {
        compare(left, right) < 0
    }

    @inline(__always)
    static func compare(
        _ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer
    ) -> Int {
        let shared = min(left.count, right.count)
        var index = 0
        while index < shared {
            let (a, b) = (left[index], right[index])
            if a != b { return a < b ? -1 : 1 }
            index &+= 1
        }
        return left.count - right.count
    }
}
