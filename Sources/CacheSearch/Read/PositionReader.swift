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
    private(set) var places: UnsafeMutablePointer<UInt32>
    private(set) var count = 0
    private var room = 64

    init(_ index: SearchIndex, _ cursor: PostingsCursor) {
        self.cursor = cursor
        base = index.positions + cursor.info.positionsOffset
        packedBlocks = cursor.info.places / BitPacking.length
        places = .allocate(capacity: room)
    }

    deinit {
        values.deallocate()
        places.deallocate()
    }

    /// Reads the places of the cursor's current document into `places`.
    func read() {
        count = Int(cursor.frequency)
        if count > room { grow() }
        let target = places
        var index = firstPlace()
        var position: UInt32 = 0
        var done = 0
        while done < count {
            let wanted = index / BitPacking.length
            if wanted != block { load(wanted) }
            let start = index % BitPacking.length
            let run = min(BitPacking.length &- start, count &- done)
            for place in 0..<run {
                position &+= values[start &+ place]
                target[done &+ place] = position
            }
            done &+= run
            index &+= run
        }
    }

    private func grow() {
        places.deallocate()
        room = count * 2
        places = .allocate(capacity: room)
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
        let (frequencies, end) = (cursor.frequencies, cursor.index)
        var sum: UInt32 = 0
        for index in countedIndex..<end { sum &+= frequencies[index] }
        placesBefore += Int(sum)
        countedIndex = end
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
            values[index] = Varint.next(&source)
        }
    }
}
