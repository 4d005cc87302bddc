internal import CacheFormat

/// Numbers in groups of seven bits, lowest first; all but the last byte of one have the eighth bit.
enum Varint {
    /// Reads a number, and moves on behind it.
    @inline(__always)
    static func next(_ source: inout UnsafeRawPointer) -> UInt32 {
        var value: UInt32 = 0
        var shift: UInt32 = 0
        while true {
            let byte = source.u8(0)
            source += 1
            value |= UInt32(byte & 127) << shift
            if byte < 128 { return value }
            shift &+= 7
        }
    }
}
