package import CacheFormat

/// SipHash-1-3 of a key under the store's secret (Aumasson and Bernstein, 2012).
///
/// Keyed and strong, because whoever can make two keys collide can evict one by writing the other.
package struct KeyHash: Sendable {
    private let key0: UInt64
    private let key1: UInt64

    package init(secret: StoreID) {
        key0 = secret.high
        key1 = secret.low
    }

    /// - Complexity: O(length); about 10 ns for a key of 16 bytes.
    package func callAsFunction(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
        var state = State(key0, key1)
        var offset = 0
        if let base = bytes.baseAddress {
            while bytes.count &- offset >= 8 {
                state.absorb(base.u64(offset))
                offset &+= 8
            }
        }
        state.absorb(UInt64(truncatingIfNeeded: bytes.count) << 56 | Self.tail(bytes, offset))
        return state.finish()
    }

    /// The last zero to seven bytes, from `offset` on, the first of them lowest.
    @inline(__always)
    private static func tail(_ bytes: UnsafeRawBufferPointer, _ offset: Int) -> UInt64 {
        let left = bytes.count &- offset
        if left == 0 { return 0 }
        if offset > 0 {
            // The word that ends where the key does; what came before is shifted out.
            let word = bytes.loadUnaligned(fromByteOffset: bytes.count &- 8, as: UInt64.self)
            return word >> UInt64(truncatingIfNeeded: 64 &- 8 &* left)
        }
        var word: UInt64 = 0
        for index in (0..<left).reversed() { word = word << 8 | UInt64(bytes[index]) }
        return word
    }

    private struct State {
        var v0, v1, v2, v3: UInt64

        @inline(__always)
        init(_ key0: UInt64, _ key1: UInt64) {
            v0 = key0 ^ 0x736f_6d65_7073_6575
            v1 = key1 ^ 0x646f_7261_6e64_6f6d
            v2 = key0 ^ 0x6c79_6765_6e65_7261
            v3 = key1 ^ 0x7465_6462_7974_6573
        }

        @inline(__always)
        mutating func absorb(_ word: UInt64) {
            v3 ^= word
            round()
            v0 ^= word
        }

        @inline(__always)
        mutating func finish() -> UInt64 {
            v2 ^= 0xFF
            round()
            round()
            round()
            return v0 ^ v1 ^ v2 ^ v3
        }

        @inline(__always)
        private mutating func round() {
            v0 = v0 &+ v1
            v1 = rotate(v1, 13) ^ v0
            v0 = rotate(v0, 32)
            v2 = v2 &+ v3
            v3 = rotate(v3, 16) ^ v2
            v0 = v0 &+ v3
            v3 = rotate(v3, 21) ^ v0
            v2 = v2 &+ v1
            v1 = rotate(v1, 17) ^ v2
            v2 = rotate(v2, 32)
        }

        @inline(__always)
        private func rotate(_ value: UInt64, _ bits: UInt64) -> UInt64 {
            value << bits | value >> (64 &- bits)
        }
    }
}
