/// The random identity of a data folder; every file in it carries it.
package struct StoreID: Hashable, Sendable {
    package var high: UInt64
    package var low: UInt64

    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    package init(reading source: UnsafeRawPointer) {
        high = source.u64(0)
        low = source.u64(8)
    }

    package func write(to target: UnsafeMutableRawPointer) {
        target.put(high, at: 0)
        target.put(low, at: 8)
    }
}

extension StoreID: CustomStringConvertible {
    /// 32 hexadecimal digits.
    package var description: String { Self.digits(high) + Self.digits(low) }

    private static func digits(_ number: UInt64) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
