/// The keys and values of a benchmark: any key and its value follow from the key's number.
///
/// Keys are 16 bytes that look random. Both are computed in the timed loops, which costs under
/// 5 ns each.
struct Workload: Sendable {
    static let keyBytes = 16

    let keyCount: Int
    let valueBytes: Int
    private let values: ValuePool

    init(keyCount: Int, valueBytes: Int = 100) {
        precondition(keyCount > 0 && valueBytes > 0, "a workload has keys and values")
        self.keyCount = keyCount
        self.valueBytes = valueBytes
        values = ValuePool(valueBytes: valueBytes)
    }

    /// Key and value of one entry.
    var entryBytes: Int { Self.keyBytes + valueBytes }

    /// Writes the key of that number to `buffer`.
    @inline(__always)
    func writeKey(_ number: Int, to buffer: UnsafeMutableRawBufferPointer) {
        let number = UInt64(truncatingIfNeeded: number)
        buffer.storeBytes(of: Random.mix(number &+ 1), toByteOffset: 0, as: UInt64.self)
        buffer.storeBytes(of: Random.mix(~number), toByteOffset: 8, as: UInt64.self)
    }

    /// Lends the value of the key of that number.
    @inline(__always)
    func withValue<Result, Failure: Error>(
        _ number: Int, _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(values[number])
    }
}
