internal import CacheFormat

/// Reads all places of a term from the first to the last, as distances; see `PostingsWriter`.
///
/// Invariants: `packed` blocks of places are still to be unpacked; those of `values` from `index`
/// on are not read yet.
struct PlaceStream {
    private var source: UnsafeRawPointer
    private var packed: Int
    private var index = BitPacking.length
    private let values: UnsafeMutablePointer<UInt32>

    /// - Parameter values: room for `BitPacking.length` numbers, the stream's while it is used.
    init(_ index: SearchIndex, _ info: TermInfo, values: UnsafeMutablePointer<UInt32>) {
        source = index.positions + info.positionsOffset
        packed = info.places / BitPacking.length
        self.values = values
    }

    @inline(__always)
    mutating func next() -> UInt32 {
        if index == BitPacking.length {
            guard packed > 0 else { return Varint.next(&source) }
            unpack()
        }
        index &+= 1
        return values[index &- 1]
    }

    private mutating func unpack() {
        let bits = Int(source.u8(0))
        BitPacking.unpack(source + 1, bits: bits, into: values)
        source += 1 + BitPacking.bytes(bits: bits)
        packed -= 1
        index = 0
    }
}
