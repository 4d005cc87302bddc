internal import CShims

/// The words that texts have, each with its chain of postings: a hash table whose slots hold words of
/// up to eight bytes themselves, so that looking for one takes one access to memory.
///
/// Words are passed as bytes with zeros behind them up to a multiple of eight, and hold none.
///
/// Invariants: a slot is empty where `word` is 0; at most half of the slots are taken; `longer` is 0
/// for a word that `word` holds all of, else one more than its place in `longs`, and `word` has its
/// first eight bytes.
final class WordTable {
    private struct Slot {
        var word: UInt64 = 0
        var chain: UInt32 = 0
        var longer: UInt32 = 0
    }

    private struct Long {
        let offset: UInt32
        let length: UInt32
    }

    private let arena: Arena
    private var slots: UnsafeMutablePointer<Slot>
    private var slotCount: Int
    private var longs: [Long] = []
    private var count = 0
    private static let slotsMin = 4096
    static var shortBytes: Int { 8 }

    init(_ arena: Arena) {
        self.arena = arena
        slotCount = Self.slotsMin
        slots = Self.empty(slotCount)
    }

    deinit { slots.deallocate() }

    private static func empty(_ count: Int) -> UnsafeMutablePointer<Slot> {
        let slots = TableMemory.allocate(Slot.self, count)
        slots.initialize(repeating: Slot(), count: count)
        return slots
    }

    // MARK: Short words

    @inline(__always)
    static func hash(_ word: UInt64) -> UInt32 {
        let product = word.multipliedFullWidth(by: 0x9E37_79B9_7F4A_7C15)
        return UInt32(truncatingIfNeeded: product.high ^ product.low >> 32)
    }

    /// Starts loading what `find` will look at.
    @inline(__always)
    func prefetch(_ hash: UInt32) { dcs_prefetch(slots + (Int(hash) & (slotCount &- 1))) }

    /// The chain of a word of up to eight bytes; nil where it is new.
    @inline(__always)
    func find(_ word: UInt64, _ hash: UInt32) -> UInt32? {
        var slot = Int(hash) & (slotCount &- 1)
        while true {
            let found = slots[slot]
            if found.word == word, found.longer == 0 { return found.chain }
            if found.word == 0 { return nil }
            slot = (slot &+ 1) & (slotCount &- 1)
        }
    }

    /// Adds a word that `find` does not know.
    func insert(_ word: UInt64, _ hash: UInt32, chain: UInt32) {
        makeRoom()
        place(Slot(word: word, chain: chain), hash)
    }

    // MARK: Longer words

    /// The chain of a word of more than eight bytes; nil where it is new.
    func find(_ bytes: UnsafeRawPointer, _ length: Int, _ hash: UInt32) -> UInt32? {
        let word = bytes.loadUnaligned(as: UInt64.self)
        var slot = Int(hash) & (slotCount &- 1)
        while true {
            let found = slots[slot]
            if found.word == word, found.longer != 0,
                isEqual(longs[Int(found.longer) - 1], bytes, length)
            {
                return found.chain
            }
            if found.word == 0 { return nil }
            slot = (slot &+ 1) & (slotCount &- 1)
        }
    }

    private func isEqual(_ long: Long, _ bytes: UnsafeRawPointer, _ length: Int) -> Bool {
        guard Int(long.length) == length else { return false }
        let own = UnsafeRawPointer(arena.base + Int(long.offset))
        return stride(from: 0, to: length, by: 8).allSatisfy { index in
            own.loadUnaligned(fromByteOffset: index, as: UInt64.self)
                == bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)
        }
    }

    /// Adds a word that `find` does not know.
    func insert(_ bytes: UnsafeRawPointer, _ length: Int, _ hash: UInt32, chain: UInt32) {
        makeRoom()
        let padded = (length + 7) & ~7
        let offset = arena.allocate(padded)
        (arena.base + Int(offset)).copyMemory(from: bytes, byteCount: padded)
        longs.append(Long(offset: offset, length: UInt32(length)))
        let word = bytes.loadUnaligned(as: UInt64.self)
        place(Slot(word: word, chain: chain, longer: UInt32(longs.count)), hash)
    }

    // MARK: Slots

    private func place(_ new: Slot, _ hash: UInt32) {
        var slot = Int(hash) & (slotCount - 1)
        while slots[slot].word != 0 { slot = (slot + 1) & (slotCount - 1) }
        slots[slot] = new
    }

    private func hash(of slot: Slot) -> UInt32 {
        guard slot.longer != 0 else { return Self.hash(slot.word) }
        let long = longs[Int(slot.longer) - 1]
        return ByteTable.hash(arena.base + Int(long.offset), Int(long.length))
    }

    private func makeRoom() {
        count += 1
        guard count * 2 > slotCount else { return }
        let (old, oldCount) = (slots, slotCount)
        slotCount *= 2
        slots = Self.empty(slotCount)
        for slot in 0..<oldCount where old[slot].word != 0 { place(old[slot], hash(of: old[slot])) }
        old.deallocate()
    }

    /// Forgets every word; the arena is reset by its owner. A table that was much too large becomes
    /// small again.
    func removeAll() {
        if slotCount > Self.slotsMin, count < slotCount / 32 {
            slots.deallocate()
            slotCount = Self.slotsMin
            slots = Self.empty(slotCount)
        } else {
            slots.update(repeating: Slot(), count: slotCount)
        }
        count = 0
        longs.removeAll(keepingCapacity: true)
    }
}
