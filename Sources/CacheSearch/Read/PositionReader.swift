internal import CacheFormat

/// Reads the places of one term, document by document as its postings cursor moves forward.
///
/// Invariants: `values` holds the block `block` of places, of which there are `packedBlocks`
/// packed ones and one that is not; `offset` is where that block begins.
final class PositionReader {
    private let base: UnsafeRawPointer
    private let cursor: PostingsCursor
    private let packedBlocks: Int
    private let values = UnsafeMutablePointer<UInt32>.allocate(capacity: BitPacking.length)
    private var block = -1
    private var offset = 0
    /// The block of postings and the index in it up to which `placesBefore` has been counted.
    private var countedBlock = -1
    private var countedIndex = 0
    private var placesBefore = 0
    /// The places of the document last read, in order.
    private(set) var places: [UInt32] = []

    init(_ index: SearchIndex, _ cursor: PostingsCursor) {
        self.cursor = cursor
        base = index.positions + cursor.info.positionsOffset
        packedBlocks = cursor.info.places / BitPacking.length
    }

    deinit { values.deallocate() }

    /// Reads the places of the cursor's current document into `places`.
    func read() {
        let frequency = Int(cursor.frequency)
        var index = firstPlace()
        places.removeAll(keepingCapacity: true)
        var position: UInt32 = 0
        for _ in 0..<frequency {
            let wanted = index / BitPacking.length
            if wanted != block { load(wanted) }
            position &+= values[index % BitPacking.length]
            places.append(position)
            index += 1
        }
    }

    /// How many places of the term come before those of the current document.
    private func firstPlace() -> Int {
        if countedBlock != cursor.block || countedIndex > cursor.index {
            countedBlock = cursor.block
            countedIndex = 0
            placesBefore = 0
            if cursor.hasImpacts {
                let entry = cursor.entry(cursor.block)
                placesBefore = Int(entry.position)
                jump(to: Int(entry.position) / BitPacking.length, Int(entry.positionOffset))
            }
        }
        while countedIndex < cursor.index {
            placesBefore += Int(cursor.frequencies[countedIndex])
            countedIndex += 1
        }
        return placesBefore
    }

    /// Uses where the table says that a block of places is.
    private func jump(to number: Int, _ place: Int) {
        guard number > block else { return }
        block = number
        offset = place
        unpack()
    }

    private func load(_ number: Int) {
        if block < 0 || number < block {
            (block, offset) = (0, 0)
        }
        while block < number {
            offset += 1 + BitPacking.bytes(bits: Int(base.u8(offset)))
            block += 1
        }
        unpack()
    }

    private func unpack() {
        if block < packedBlocks {
            BitPacking.unpack(
                base + offset + 1, bits: Int(base.u8(offset)), into: values)
            return
        }
        var source = base + offset
        for index in 0..<(cursor.info.places % BitPacking.length) {
            values[index] = Self.varint(&source)
        }
    }

    private static func varint(_ source: inout UnsafeRawPointer) -> UInt32 {
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
