internal import CacheFormat

/// Walks over the documents of one term, in order, and skips blocks that need not be read.
///
/// Invariants: `document` is the current one, `ended` behind the last; `documents` and
/// `frequencies` hold `count` postings of the block `block`, `index` is the current one's place
/// among them. Frequencies are unpacked when one is first asked for.
final class PostingsCursor {
    static var ended: UInt32 { .max }

    /// Keeps the bytes.
    private let owner: SearchIndex
    let info: TermInfo
    private let table: UnsafeRawPointer
    private let data: UnsafeRawPointer
    let blockCount: Int
    private(set) var document: UInt32 = 0
    private(set) var block = 0
    private(set) var index = 0
    private(set) var count = 0
    let documents: UnsafeMutablePointer<UInt32>
    let frequencies: UnsafeMutablePointer<UInt32>
    private var hasFrequencies = true
    /// The first block that `maxImpact` may still be asked for.
    private var bounded = 0

    /// At the first document.
    init(_ index: SearchIndex, _ info: TermInfo) {
        owner = index
        self.info = info
        table = index.postings + info.postingsOffset
        blockCount = (info.documents + BitPacking.length - 1) / BitPacking.length
        let hasTable = info.documents >= BitPacking.length
        data = table + (hasTable ? blockCount * BlockEntry.bytes : 0)
        documents = .allocate(capacity: BitPacking.length * 2)
        frequencies = documents + BitPacking.length
        load(0)
    }

    deinit { documents.deallocate() }

    private var hasTable: Bool { info.documents >= BitPacking.length }

    @inline(__always)
    func entry(_ block: Int) -> BlockEntry {
        BlockEntry(reading: table + block &* BlockEntry.bytes)
    }

    @inline(__always)
    private func last(_ block: Int) -> UInt32 { table.u32(block &* BlockEntry.bytes) }

    /// The last document of the current block.
    @inline(__always)
    var blockEnd: UInt32 { documents[count &- 1] }

    // MARK: Moving

    @inline(__always)
    func next() {
        index &+= 1
        if index < count {
            document = documents[index]
        } else {
            nextBlock()
        }
    }

    /// Goes to the posting at `place` of the current block, or behind the block.
    @inline(__always)
    func move(to place: Int) {
        index = place
        if place < count { document = documents[place] } else { nextBlock() }
    }

    /// Goes to the first document of the next block.
    @inline(never)
    func nextBlock() {
        if block &+ 1 < blockCount { load(block &+ 1) } else { end() }
    }

    private func end() {
        document = Self.ended
        (index, count) = (0, 0)
        block = blockCount
    }

    /// Goes to the first document that is not before `target`.
    @inline(__always)
    func advance(to target: UInt32) {
        guard document < target else { return }
        if blockEnd < target { guard skip(to: target) else { return } }
        // Doubling steps, as the next document is often near; then halving without a branch.
        var low = index
        var length = 1
        while low &+ length < count, documents[low &+ length] < target {
            low &+= length
            length &*= 2
        }
        length = min(length &+ 1, count &- low)
        while length > 1 {
            let half = length >> 1
            low = documents[low &+ half &- 1] < target ? low &+ half : low
            length &-= half
        }
        index = low
        document = documents[low]
    }

    /// Loads the block that holds the first document from `target` on; false where there is none.
    @inline(never)
    private func skip(to target: UInt32) -> Bool {
        guard let found = blockHolding(target) else {
            end()
            return false
        }
        load(found)
        return true
    }

    /// The first block behind the current one whose last document is not before `target`.
    private func blockHolding(_ target: UInt32) -> Int? {
        guard hasTable else { return nil }
        var (low, step) = (block, 1)
        while low &+ step < blockCount, last(low &+ step) < target {
            low &+= step
            step &*= 2
        }
        var high = min(low &+ step, blockCount)
        low &+= 1
        while low < high {
            let middle = (low &+ high) / 2
            if last(middle) < target { low = middle &+ 1 } else { high = middle }
        }
        return low < blockCount ? low : nil
    }

    // MARK: Blocks

    private func load(_ number: Int) {
        block = number
        index = 0
        count = min(BitPacking.length, info.documents &- number &* BitPacking.length)
        if info.documents == 1 {
            documents[0] = info.single
            frequencies[0] = UInt32(info.places)
        } else if count == BitPacking.length {
            let entry = entry(number)
            BitPacking.unpack(
                data + Int(entry.offset), bits: Int(entry.bits), into: documents)
            accumulate(after: number == 0 ? 0 : last(number &- 1) &+ 1)
            hasFrequencies = false
        } else {
            let offset = hasTable ? Int(entry(number).offset) : 0
            loadTail(data + offset, after: number == 0 ? 0 : last(number &- 1) &+ 1)
        }
        document = documents[0]
    }

    /// Distances are one less than they seem, as no document follows itself.
    @inline(__always)
    private func accumulate(after start: UInt32) {
        BitPacking.accumulate(documents, from: start)
        for index in 0..<BitPacking.length {
            documents[index] &+= UInt32(truncatingIfNeeded: index)
        }
    }

    private func loadTail(_ start: UnsafeRawPointer, after before: UInt32) {
        var source = start
        var previous = before
        for index in 0..<count {
            let code = Varint.next(&source)
            let document = previous &+ code >> 1
            documents[index] = document
            frequencies[index] = code & 1 == 1 ? 1 : Varint.next(&source) &+ 2
            previous = document &+ 1
        }
        hasFrequencies = true
    }

    /// Makes `frequencies` those of the current block.
    @inline(__always)
    func needFrequencies() {
        if !hasFrequencies { unpackFrequencies() }
    }

    @inline(never)
    private func unpackFrequencies() {
        let entry = entry(block)
        BitPacking.unpack(
            data + Int(entry.offset) + BitPacking.bytes(bits: Int(entry.bits)),
            bits: Int(entry.frequencyBits), into: frequencies)
        for index in 0..<BitPacking.length { frequencies[index] &+= 1 }
        hasFrequencies = true
    }

    /// How often the term is in the current document.
    @inline(__always)
    var frequency: UInt32 {
        needFrequencies()
        return frequencies[index]
    }

    // MARK: Bounds

    /// At least the impact, under the index's own mean length, of every document that is not
    /// before `low` and not behind `high`; the largest number where nothing is known. `low` never
    /// goes back from call to call.
    func maxImpact(from low: UInt32, to high: UInt32) -> UInt16 {
        guard hasTable else { return .max }
        bounded = max(bounded, block)
        while bounded < blockCount, last(bounded) < low { bounded &+= 1 }
        var number = bounded
        var largest: UInt16 = 0
        while number < blockCount {
            let entry = entry(number)
            largest = max(largest, entry.impact)
            if entry.last >= high { break }
            number &+= 1
        }
        return largest
    }

    /// Whether bounds are known.
    var hasImpacts: Bool { hasTable }

    /// The largest impact of all blocks.
    func maxImpactOfAll() -> UInt16 {
        guard hasTable else { return .max }
        var largest: UInt16 = 0
        for number in 0..<blockCount {
            largest = max(largest, table.u16(number &* BlockEntry.bytes &+ 16))
        }
        return largest
    }
}
