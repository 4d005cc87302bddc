internal import CShims

/// The postings of every term while an index is built: for each a chain of slices in the arena,
/// written at its end, each twice as long as the one before.
///
/// A chain holds numbers in seven-bit groups. One that is odd opens a document: half of it is the
/// distance from the document before, the first from -1. An even one is a place in the document:
/// half of it is the distance from the place before. So one number opens a document, and most
/// take one byte.
///
/// Invariants: documents and, within one, places come in increasing order; `write` points to the
/// next free byte of the last slice, `limit` to the four bytes at its end that name the next one.
/// Once the arena is exhausted, what is written goes to its junk, and `ends` says for each chain
/// that was cut off where its last good byte is followed by none.
final class PostingChains {
    /// 32 bytes, so that none is in two lines of the cache.
    struct Chain {
        /// Number of the field's path, 0 for the text as a whole.
        var path: UInt16
        var level: UInt8
        /// Number of the term.
        var term: UInt32
        var first: UInt32
        var write: UInt32
        var limit: UInt32
        /// The last document's number plus one; 0 before the first.
        var lastDocument: UInt32
        var lastPosition: UInt32
    }

    private let arena: Arena
    private(set) var chains: UnsafeMutablePointer<Chain>
    private var capacity = 4096
    private(set) var count = 0
    private var ends: [Int: UInt32] = [:]

    private static let firstSliceBytes = 12
    private static let levelMax: UInt8 = 8
    private static let linkBytes: UInt32 = 4

    init(_ arena: Arena) {
        self.arena = arena
        chains = TableMemory.allocate(Chain.self, capacity)
    }

    /// Starts loading what `post` will look at.
    @inline(__always)
    func prefetch(_ number: Int) { dcs_prefetch(chains + number) }

    deinit { chains.deallocate() }

    /// Starts a chain and returns its number.
    func add(path: Int, term: Int) -> Int {
        if count == capacity { grow() }
        let first = arena.allocate(Self.firstSliceBytes)
        chains[count] = Chain(
            path: UInt16(path), level: 0, term: UInt32(term), first: first, write: first,
            limit: first + UInt32(Self.firstSliceBytes) - Self.linkBytes, lastDocument: 0,
            lastPosition: 0)
        if arena.isExhausted { ends[count] = first }
        count += 1
        return count - 1
    }

    private func grow() {
        let larger = TableMemory.allocate(Chain.self, capacity * 2)
        larger.moveInitialize(from: chains, count: count)
        chains.deallocate()
        chains = larger
        capacity *= 2
    }

    /// Notes that the chain's term stands at a place of a document.
    @inline(__always)
    func post(_ number: Int, document: UInt32, position: UInt32) {
        let chain = chains + number
        if chain.pointee.lastDocument != document &+ 1 {
            put((document &+ 1 &- chain.pointee.lastDocument) << 1 | 1, chain)
            chain.pointee.lastDocument = document &+ 1
            chain.pointee.lastPosition = 0
        }
        put((position &- chain.pointee.lastPosition) << 1, chain)
        chain.pointee.lastPosition = position
    }

    @inline(__always)
    private func put(_ value: UInt32, _ chain: UnsafeMutablePointer<Chain>) {
        var rest = value
        while rest >= 128 {
            putByte(UInt8(truncatingIfNeeded: rest) | 128, chain)
            rest >>= 7
        }
        putByte(UInt8(truncatingIfNeeded: rest), chain)
    }

    @inline(__always)
    private func putByte(_ byte: UInt8, _ chain: UnsafeMutablePointer<Chain>) {
        if chain.pointee.write == chain.pointee.limit { extend(chain) }
        arena.base.storeBytes(of: byte, toByteOffset: Int(chain.pointee.write), as: UInt8.self)
        chain.pointee.write &+= 1
    }

    @inline(never)
    private func extend(_ chain: UnsafeMutablePointer<Chain>) {
        chain.pointee.level = min(chain.pointee.level + 1, Self.levelMax)
        let bytes = Self.firstSliceBytes << Int(chain.pointee.level)
        let next = arena.allocate(bytes)
        if arena.isExhausted {
            let number = chain - chains
            ends[number] = ends[number] ?? chain.pointee.write
        } else {
            arena.base.storeBytes(of: next, toByteOffset: Int(chain.pointee.limit), as: UInt32.self)
        }
        chain.pointee.write = next
        chain.pointee.limit = next + UInt32(bytes) - Self.linkBytes
    }

    func removeAll() {
        count = 0
        ends.removeAll()
    }

    /// Puts a chain's postings into `target`, in order, of the documents before `documentsEnd`.
    func read(_ number: Int, before documentsEnd: UInt32, into target: PostingBuffer) {
        let chain = chains[number]
        let end = ends[number] ?? chain.write
        var slice = Slice(
            next: chain.first, limit: chain.first + UInt32(Self.firstSliceBytes) - Self.linkBytes)
        var level: UInt8 = 0
        var document: UInt32 = 0
        target.removeAll()
        while slice.next != end {
            var value: UInt32 = 0
            var shift: UInt32 = 0
            while true {
                if slice.next == slice.limit {
                    // Cut off within a number, which was of a document that is left out.
                    if slice.next == end { return }
                    follow(&slice, &level)
                }
                let byte = arena.base.load(fromByteOffset: Int(slice.next), as: UInt8.self)
                slice.next &+= 1
                value |= UInt32(byte & 127) << shift
                if byte < 128 { break }
                shift &+= 7
            }
            if value & 1 == 1 {
                document &+= value >> 1
                guard document <= documentsEnd else { return }
                target.open(document: document &- 1)
            } else {
                target.place(delta: value >> 1)
            }
        }
    }

    private struct Slice {
        var next: UInt32
        var limit: UInt32
    }

    private func follow(_ slice: inout Slice, _ level: inout UInt8) {
        level = min(level + 1, Self.levelMax)
        let next = arena.base.loadUnaligned(fromByteOffset: Int(slice.limit), as: UInt32.self)
        let bytes = UInt32(Self.firstSliceBytes << Int(level))
        slice = Slice(next: next, limit: next + bytes - Self.linkBytes)
    }
}
