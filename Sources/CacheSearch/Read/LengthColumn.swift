internal import CacheFormat

/// The number of words of each entry plus one, 0 where it is not indexed; 1, 2 or 4 bytes each.
struct LengthColumn {
    private let base: UnsafeRawPointer
    private let width: Int

    init(_ base: UnsafeRawPointer, width: Int) {
        self.base = base
        self.width = width
    }

    @inline(__always)
    func stored(_ ordinal: Int) -> UInt32 {
        if width == 2 { return UInt32(base.u16(ordinal &* 2)) }
        if width == 1 { return UInt32(base.u8(ordinal)) }
        return base.u32(ordinal &* 4)
    }

    /// Words of an entry that is indexed.
    @inline(__always)
    subscript(ordinal: Int) -> Float { Float(stored(ordinal) &- 1) }
}
