/// Variable-length integers: seven bits a byte, least significant first, at most ten bytes.
package enum Varint {
    package static let bytesMax = 10

    /// Writes `value`; the caller has left `bytesMax` bytes of room.
    /// - Returns: bytes written.
    @inlinable @inline(__always)
    package static func write(_ value: UInt64, to target: UnsafeMutableRawPointer) -> Int {
        var rest = value
        var count = 0
        while rest >= 0x80 {
            target.storeBytes(
                of: UInt8(truncatingIfNeeded: rest) | 0x80, toByteOffset: count, as: UInt8.self)
            rest >>= 7
            count &+= 1
        }
        target.storeBytes(of: UInt8(truncatingIfNeeded: rest), toByteOffset: count, as: UInt8.self)
        return count &+ 1
    }

    /// Maps small differences of either sign to small numbers.
    @inlinable @inline(__always)
    package static func zigzag(_ difference: Int64) -> UInt64 {
        UInt64(bitPattern: (difference << 1) ^ (difference >> 63))
    }

    @inlinable @inline(__always)
    package static func unzigzag(_ value: UInt64) -> Int64 {
        Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
    }
}

/// Reads varints from bytes that may be hostile: past the end every read gives nil.
package struct VarintReader {
    package var offset = 0
    @usableFromInline let bytes: UnsafeRawBufferPointer

    package init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    @inlinable @inline(__always)
    package mutating func next() -> UInt64? {
        guard offset < bytes.count else { return nil }
        let first = bytes[offset]
        offset &+= 1
        if first < 0x80 { return UInt64(first) }
        return rest(UInt64(first & 0x7F))
    }

    @usableFromInline
    mutating func rest(_ low: UInt64) -> UInt64? {
        var value = low
        var shift: UInt64 = 7
        while offset < bytes.count, shift < 64 {
            let byte = bytes[offset]
            offset &+= 1
            if shift == 63 && byte > 1 { return nil }
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
            shift &+= 7
        }
        return nil
    }
}
