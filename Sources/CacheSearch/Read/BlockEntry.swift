internal import CacheFormat

/// What stands in front of a term's blocks for each of them.
///
///     0  last document u32
///     4  offset u32            of the block, from the end of the table
///     8  position u32          places of the term before the block
///     12 position offset u32   of the block of places that holds the first
///     16 impact u16            no document of the block has more
///     18 bits u8               of a packed distance; the last block is not packed
///     19 frequency bits u8
struct BlockEntry {
    static var bytes: Int { 20 }

    var last: UInt32 = 0
    var offset: UInt32 = 0
    var position: UInt32 = 0
    var positionOffset: UInt32 = 0
    var impact: UInt16 = 0
    var bits: UInt8 = 0
    var frequencyBits: UInt8 = 0

    init() {}

    @inline(__always)
    init(reading source: UnsafeRawPointer) {
        last = source.u32(0)
        offset = source.u32(4)
        position = source.u32(8)
        positionOffset = source.u32(12)
        impact = source.u16(16)
        bits = source.u8(18)
        frequencyBits = source.u8(19)
    }

    func write(to target: UnsafeMutableRawPointer) {
        target.put(last, at: 0)
        target.put(offset, at: 4)
        target.put(position, at: 8)
        target.put(positionOffset, at: 12)
        target.put(impact, at: 16)
        target.put(bits, at: 18)
        target.put(frequencyBits, at: 19)
    }
}
