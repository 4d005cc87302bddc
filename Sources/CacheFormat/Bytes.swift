/// Little-endian loads and stores at any alignment; the byte order of every file and frame.
extension UnsafeRawPointer {
    /// The byte at `offset`.
    @inlinable @inline(__always)
    package func u8(_ offset: Int) -> UInt8 { load(fromByteOffset: offset, as: UInt8.self) }

    /// The two bytes at `offset`.
    @inlinable @inline(__always)
    package func u16(_ offset: Int) -> UInt16 {
        UInt16(littleEndian: loadUnaligned(fromByteOffset: offset, as: UInt16.self))
    }

    /// The four bytes at `offset`.
    @inlinable @inline(__always)
    package func u32(_ offset: Int) -> UInt32 {
        UInt32(littleEndian: loadUnaligned(fromByteOffset: offset, as: UInt32.self))
    }

    /// The eight bytes at `offset`.
    @inlinable @inline(__always)
    package func u64(_ offset: Int) -> UInt64 {
        UInt64(littleEndian: loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }
}

extension UnsafeMutableRawPointer {
    /// Stores an integer in little-endian order.
    @inlinable @inline(__always)
    package func put<Value: FixedWidthInteger & BitwiseCopyable>(_ value: Value, at offset: Int) {
        storeBytes(of: value.littleEndian, toByteOffset: offset, as: Value.self)
    }

    /// Copies `bytes`; nothing for an empty buffer.
    @inlinable @inline(__always)
    package func put(_ bytes: UnsafeRawBufferPointer, at offset: Int) {
        if let source = bytes.baseAddress, bytes.count > 0 {
            (self + offset).copyMemory(from: source, byteCount: bytes.count)
        }
    }
}

/// Rounds up to the eight bytes that log frames, log entries and blocks are aligned to.
@inlinable @inline(__always)
package func aligned8(_ count: Int) -> Int { (count &+ 7) & ~7 }
