internal import CacheFormat

/// Writes the terms of an index, in order, 32 to a block, each as what differs from the one before.
///
/// A block begins with the offsets of its first term's postings and places. Then for each term: a
/// byte of two halves, bytes shared with the term before and bytes of its own (15: a number with
/// the rest follows), the own bytes, documents × 2 + 1 where the term stands once in each (else
/// the further places follow), for a single document its number, for more the length of the
/// postings, and the length of the places. Numbers are in seven-bit groups.
///
/// For each block the table in front has the first eight bytes of its first term behind the field,
/// in their order as a number, and the block's offset (u32).
///
/// Invariant: terms come in strictly increasing order.
final class DictionaryWriter {
    let blocks = SectionBytes(capacity: 1 << 16)
    let table = SectionBytes(capacity: 1 << 12)
    private(set) var terms = 0
    private var previous: [UInt8] = []
    private var postingsOffset = 0
    private var positionsOffset = 0

    static var termsPerBlock: Int { 32 }

    func add(
        _ key: UnsafeRawBufferPointer, _ buffer: PostingBuffer, _ extent: PostingsWriter.Extent
    ) {
        if terms % Self.termsPerBlock == 0 { startBlock(key) }
        let shared = zip(previous, key).prefix { $0 == $1 }.count
        let own = key.count - shared
        blocks.putByte(UInt8(min(shared, 15) << 4 | min(own, 15)))
        if shared >= 15 { blocks.putVarint(shared - 15) }
        if own >= 15 { blocks.putVarint(own - 15) }
        blocks.put(UnsafeRawBufferPointer(rebasing: key[shared...]))
        let further = buffer.positionCount - buffer.count
        blocks.putVarint(buffer.count << 1 | (further == 0 ? 1 : 0))
        if further > 0 { blocks.putVarint(further - 1) }
        blocks.putVarint(buffer.count == 1 ? Int(buffer.documents[0]) : extent.postings)
        blocks.putVarint(extent.positions)
        previous.removeLast(previous.count - shared)
        previous.append(contentsOf: key[shared...])
        postingsOffset += extent.postings
        positionsOffset += extent.positions
        terms += 1
    }

    private func startBlock(_ key: UnsafeRawBufferPointer) {
        previous.removeAll(keepingCapacity: true)
        table.put(TermKey.sortWord(key))
        table.put(UInt32(blocks.count))
        blocks.putVarint(postingsOffset)
        blocks.putVarint(positionsOffset)
    }
}
