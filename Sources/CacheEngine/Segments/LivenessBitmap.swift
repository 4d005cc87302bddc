internal import CShims
internal import Synchronization

/// One bit an entry of a segment, set while the entry is live. Bits are only ever cleared.
final class LivenessBitmap: @unchecked Sendable {
    // Safe because: the words are changed and read atomically.
    private let words: UnsafeMutablePointer<UInt64>
    let count: Int
    private let wordCount: Int

    /// - Parameter bits: `(count + 63) / 64` words.
    init(count: Int, bits: [UInt64]) {
        precondition(bits.count == (count + 63) / 64)
        self.count = count
        wordCount = bits.count
        words = .allocate(capacity: max(bits.count, 1))
        for (index, word) in bits.enumerated() { words[index] = word }
    }

    deinit { words.deallocate() }

    /// Clears a bit; true where it was set.
    @inline(__always)
    func clear(_ ordinal: Int) -> Bool {
        let bit = UInt64(1) << UInt64(ordinal & 63)
        return dcs_atomic_clear(words + (ordinal >> 6), bit) & bit != 0
    }

    @inline(__always)
    func isSet(_ ordinal: Int) -> Bool {
        dcs_atomic_load(words + (ordinal >> 6)) >> UInt64(ordinal & 63) & 1 != 0
    }

    func snapshot() -> [UInt64] { (0..<wordCount).map { dcs_atomic_load(words + $0) } }

    var bytes: Int { wordCount * 8 }
}
