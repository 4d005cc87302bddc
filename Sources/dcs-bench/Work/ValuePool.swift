/// Values of one size, end to end; their number is a power of two.
///
/// Printable text that shrinks to about half, as `db_bench` makes it: half of each value is
/// random and the other half repeats it.
final class ValuePool: @unchecked Sendable {
    // Safe because: the bytes are written in the initialiser only.
    /// About as large as the pool of `db_bench`, so that it stays in the processor's cache.
    private static let bytesMax = 1 << 20

    private let bytes: UnsafeMutableRawBufferPointer
    private let valueBytes: Int
    private let mask: UInt64

    init(valueBytes: Int) {
        self.valueBytes = valueBytes
        var values = 1
        while values * 2 * valueBytes <= Self.bytesMax { values *= 2 }
        mask = UInt64(values - 1)
        bytes = .allocate(byteCount: values * valueBytes, alignment: 8)
        var random = Random(seed: 301)
        for value in 0..<values {
            Self.fill(
                UnsafeMutableRawBufferPointer(
                    rebasing: bytes[(value * valueBytes)..<((value + 1) * valueBytes)]), &random)
        }
    }

    deinit { bytes.deallocate() }

    /// The value that belongs to that number; as long as the pool lives.
    @inline(__always)
    subscript(number: Int) -> UnsafeRawBufferPointer {
        let place = Int(Random.mix(UInt64(truncatingIfNeeded: number)) & mask) * valueBytes
        return UnsafeRawBufferPointer(rebasing: bytes[place..<(place + valueBytes)])
    }

    private static func fill(_ value: UnsafeMutableRawBufferPointer, _ random: inout Random) {
        let half = (value.count + 1) / 2
        for place in 0..<half { value[place] = UInt8(32 + random.next(below: 95)) }
        for place in half..<value.count { value[place] = value[place - half] }
    }
}
