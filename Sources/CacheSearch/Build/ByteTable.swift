/// Gives each distinct byte string a number, in order of arrival: a hash table over an arena.
///
/// Byte strings are passed and kept with zeros behind them up to a multiple of eight, so that they
/// are hashed and compared by words.
///
/// Invariants: a slot is 0 or hash << 32 | number + 1; at most half of the slots are taken;
/// `entries[n]` says where string n lies.
final class ByteTable {
    struct Entry {
        var offset: UInt32
        var length: UInt32
    }

    private let arena: Arena
    private var slots: UnsafeMutablePointer<UInt64>
    private var slotCount: Int
    private(set) var entries: UnsafeMutablePointer<Entry>
    private var capacity: Int
    private(set) var count = 0
    private static let slotsMin = 4096

    init(_ arena: Arena) {
        self.arena = arena
        slotCount = Self.slotsMin
        slots = .allocate(capacity: slotCount)
        slots.initialize(repeating: 0, count: slotCount)
        capacity = Self.slotsMin / 2
        entries = .allocate(capacity: capacity)
    }

    deinit {
        slots.deallocate()
        entries.deallocate()
    }

    @inline(__always)
    static func hash(_ bytes: UnsafeRawPointer, _ length: Int) -> UInt32 {
        var state = UInt64(truncatingIfNeeded: length) &* 0x9E37_79B9_7F4A_7C15
        var index = 0
        while index < length {
            state ^= bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)
            let product = state.multipliedFullWidth(by: 0xD6E8_FEB8_6659_FD93)
            state = product.high ^ product.low
            index &+= 8
        }
        return UInt32(truncatingIfNeeded: state ^ (state >> 32))
    }

    /// The number of a string; nil where it is new.
    @inline(__always)
    func find(_ bytes: UnsafeRawPointer, _ length: Int, _ hash: UInt32) -> Int? {
        var slot = Int(hash) & (slotCount &- 1)
        while true {
            let word = slots[slot]
            if word == 0 { return nil }
            if UInt32(truncatingIfNeeded: word >> 32) == hash {
                let number = Int(truncatingIfNeeded: word & 0xFFFF_FFFF) &- 1
                if isEqual(number, bytes, length) { return number }
            }
            slot = (slot &+ 1) & (slotCount &- 1)
        }
    }

    @inline(__always)
    private func isEqual(_ number: Int, _ bytes: UnsafeRawPointer, _ length: Int) -> Bool {
        let entry = entries[number]
        guard Int(entry.length) == length else { return false }
        let own = UnsafeRawPointer(arena.base + Int(entry.offset))
        var index = 0
        while index < length {
            guard
                own.loadUnaligned(fromByteOffset: index, as: UInt64.self)
                    == bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)
            else { return false }
            index &+= 8
        }
        return true
    }

    /// Adds a string that `find` does not know, and returns its number.
    func insert(_ bytes: UnsafeRawPointer, _ length: Int, _ hash: UInt32) -> Int {
        if (count + 1) * 2 > slotCount { grow() }
        let padded = (length + 7) & ~7
        let offset = arena.allocate(padded)
        (arena.base + Int(offset)).copyMemory(from: bytes, byteCount: padded)
        entries[count] = Entry(offset: offset, length: UInt32(length))
        place(hash, count)
        count += 1
        return count - 1
    }

    private func place(_ hash: UInt32, _ number: Int) {
        var slot = Int(hash) & (slotCount - 1)
        while slots[slot] != 0 { slot = (slot + 1) & (slotCount - 1) }
        slots[slot] = UInt64(hash) << 32 | UInt64(number + 1)
    }

    private func grow() {
        let (old, oldCount) = (slots, slotCount)
        slotCount *= 2
        slots = .allocate(capacity: slotCount)
        slots.initialize(repeating: 0, count: slotCount)
        for slot in 0..<oldCount where old[slot] != 0 {
            place(UInt32(old[slot] >> 32), Int(old[slot] & 0xFFFF_FFFF) - 1)
        }
        old.deallocate()
        let larger = UnsafeMutablePointer<Entry>.allocate(capacity: slotCount / 2)
        larger.moveInitialize(from: entries, count: count)
        entries.deallocate()
        (entries, capacity) = (larger, slotCount / 2)
    }

    func bytes(_ number: Int) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(
            start: arena.base + Int(entries[number].offset), count: Int(entries[number].length))
    }

    /// Forgets every string; the arena is reset by its owner.
    func removeAll() {
        count = 0
        slots.update(repeating: 0, count: slotCount)
    }
}
