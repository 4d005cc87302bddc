internal import CacheFormat

/// Writes the postings and places of one term after the other.
///
/// Fewer than 128 documents are numbers in seven-bit groups: the documents left out since the one
/// before, twice, plus one where the frequency is one; else the frequency minus two follows. From 128 documents on there are blocks of 128, with an entry for each block
/// in a table in front (`BlockEntry`), the last block as above. Places are blocks of 128 distances,
/// packed behind a byte that says by how many bits, the last ones in seven-bit groups.
///
/// Invariant: `lengths` holds the length of every document that is added.
final class PostingsWriter {
    let postings = SectionBytes(capacity: 1 << 16)
    let positions = SectionBytes(capacity: 1 << 16)
    private let lengths: UnsafePointer<UInt32>
    private let meanLength: Float
    private let deltas = UnsafeMutablePointer<UInt32>.allocate(capacity: BitPacking.length)
    private let lessOne = UnsafeMutablePointer<UInt32>.allocate(capacity: BitPacking.length)
    private var positionOffsets: [UInt32] = []

    /// - Parameter lengths: of documents by ordinal; outlives the writer.
    init(lengths: UnsafePointer<UInt32>, meanLength: Float) {
        self.lengths = lengths
        self.meanLength = meanLength
    }

    deinit {
        deltas.deallocate()
        lessOne.deallocate()
    }

    /// What was written for a term, in bytes.
    struct Extent {
        var postings: Int
        var positions: Int
    }

    func add(_ buffer: PostingBuffer) -> Extent {
        let (postingsStart, positionsStart) = (postings.count, positions.count)
        writePositions(buffer)
        if buffer.count >= BitPacking.length {
            writeBlocks(buffer)
        } else if buffer.count > 1 {
            writeTail(buffer, from: 0, after: 0)
        }
        return Extent(
            postings: postings.count - postingsStart, positions: positions.count - positionsStart)
    }

    private func writePositions(_ buffer: PostingBuffer) {
        let start = positions.count
        positionOffsets.removeAll(keepingCapacity: true)
        var index = 0
        while index + BitPacking.length <= buffer.positionCount {
            positionOffsets.append(UInt32(positions.count - start))
            let bits = BitPacking.bitsNeeded(buffer.positions + index)
            positions.putByte(UInt8(bits))
            BitPacking.pack(
                buffer.positions + index, bits: bits,
                into: positions.extend(BitPacking.bytes(bits: bits)))
            index += BitPacking.length
        }
        positionOffsets.append(UInt32(positions.count - start))
        for rest in index..<buffer.positionCount {
            positions.putVarint(Int(buffer.positions[rest]))
        }
    }

    private func writeBlocks(_ buffer: PostingBuffer) {
        let blocks = (buffer.count + BitPacking.length - 1) / BitPacking.length
        let table = postings.count
        _ = postings.extend(blocks * BlockEntry.bytes)
        let data = postings.count
        var position = 0
        var before: UInt32 = 0
        for block in 0..<blocks {
            let start = block * BitPacking.length
            let end = min(start + BitPacking.length, buffer.count)
            var entry = BlockEntry()
            entry.last = buffer.documents[end - 1]
            entry.offset = UInt32(postings.count - data)
            entry.position = UInt32(position)
            entry.positionOffset = positionOffsets[position / BitPacking.length]
            entry.impact = maxImpact(buffer, start..<end)
            if end - start == BitPacking.length {
                writeBlock(buffer, start, before, &entry)
            } else {
                writeTail(buffer, from: start, after: before)
            }
            entry.write(to: postings.base + table + block * BlockEntry.bytes)
            for index in start..<end { position += Int(buffer.frequencies[index]) }
            before = entry.last + 1
        }
    }

    private func writeBlock(
        _ buffer: PostingBuffer, _ start: Int, _ before: UInt32, _ entry: inout BlockEntry
    ) {
        var previous = before
        for index in 0..<BitPacking.length {
            let document = buffer.documents[start + index]
            deltas[index] = document &- previous
            previous = document &+ 1
            lessOne[index] = buffer.frequencies[start + index] &- 1
        }
        let (bits, frequencyBits) = (
            BitPacking.bitsNeeded(deltas), BitPacking.bitsNeeded(lessOne)
        )
        entry.bits = UInt8(bits)
        entry.frequencyBits = UInt8(frequencyBits)
        BitPacking.pack(
            deltas, bits: bits, into: postings.extend(BitPacking.bytes(bits: bits)))
        BitPacking.pack(
            lessOne, bits: frequencyBits,
            into: postings.extend(BitPacking.bytes(bits: frequencyBits)))
    }

    private func writeTail(_ buffer: PostingBuffer, from start: Int, after before: UInt32) {
        var previous = before
        for index in start..<buffer.count {
            let document = buffer.documents[index]
            let frequency = Int(buffer.frequencies[index])
            postings.putVarint(Int(document &- previous) << 1 | (frequency == 1 ? 1 : 0))
            if frequency > 1 { postings.putVarint(frequency - 2) }
            previous = document &+ 1
        }
    }

    private func maxImpact(_ buffer: PostingBuffer, _ range: Range<Int>) -> UInt16 {
        var largest: Float = 0
        for index in range {
            let length = Float(lengths[Int(buffer.documents[index])])
            let impact = Relevance.impact(
                frequency: Float(buffer.frequencies[index]), length: length, mean: meanLength)
            largest = max(largest, impact)
        }
        return Relevance.quantized(largest)
    }
}
