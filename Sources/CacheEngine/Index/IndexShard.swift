internal import CShims
internal import CacheBase

/// One shard of the key index: hash table, slots, and the exact order of recency.
///
/// Invariants:
/// - Slot 0 is the anchor of a circular list through `next` (towards older) and `previous`;
///   every occupied slot is on it once, most recently used first.
/// - Every occupied slot is in `table` once; ids above `highWater` were never used.
/// - `count` is the number of occupied slots.
/// Used only under its lock.
struct IndexShard: ~Copyable {
    private var slots: SlotSlab
    private var table: IndexTable
    private(set) var count = 0
    private(set) var highWater: UInt32 = 0
    private var freeHead: UInt32 = 0
    private let idMax: UInt32
    /// Moves to the front so far; stamps are taken from it.
    private var moves: UInt64 = 0
    /// At most this many entries; the least recently used one makes room for another.
    var capacity: Int
    var hits: UInt64 = 0
    var misses: UInt64 = 0
    /// The newest record that removed an entry here; a miss is as durable as that record.
    var lastRemoval = LSN.zero
    private var removals = RemovalClock()
    /// No entry expires before this second; the largest number where none expires.
    var earliestExpiry: UInt32 = .max

    static let idLimit = 1 << 24 - 1

    init(lines: Int, slotsMax: Int, expectedEntries: Int, arena: IndexArena) {
        slots = SlotSlab(slotsMax: slotsMax, arena: arena)
        table = IndexTable(lines: lines, expectedEntries: expectedEntries, arena: arena)
        idMax = UInt32(slotsMax)
        capacity = slotsMax
    }

    @inline(__always)
    func slot(_ id: UInt32) -> UnsafeMutablePointer<Slot> { slots[id] }

    var isFull: Bool { count >= capacity }
    /// Slots that there is address space for.
    var slotsMax: Int { Int(idMax) }
    var bytes: Int { table.bytes + (Int(highWater) + 1) * MemoryLayout<Slot>.stride }

    @inline(__always)
    func find(_ hash: UInt64) -> UInt32 { table.find(hash, slots: slots) }

    /// As `slot`, for an id that may be stale.
    @inline(__always)
    func slotIfPresent(_ id: UInt32) -> UnsafeMutablePointer<Slot>? { slots.slotIfPresent(id) }

    /// See `IndexTable.hint`.
    var hint: UInt64 { table.hint }

    /// Adds a key that is not there, as the most recently used. The shard is not full.
    mutating func insert(_ hash: UInt64, location: Location, expirySeconds: UInt32) -> UInt32 {
        let id = takeFreeSlot()
        slots[id].pointee = Slot(hash: hash, location: location, expirySeconds: expirySeconds)
        note(expirySeconds)
        table.insert(hash, id: id, slots: slots)
        linkFirst(id)
        count += 1
        return id
    }

    /// No key of the hash's group left the shard with a newer version than this.
    @inline(__always)
    func newestRemoval(_ hash: UInt64) -> LSN { removals.newestRemoval(hash) }

    /// Removes an occupied slot.
    /// - Parameter newest: at least the version of what is removed, and of its deletion.
    mutating func remove(_ id: UInt32, newest: LSN) {
        removals.note(slots[id].pointee.hashBits, newest)
        table.remove(slots[id].pointee.hashBits, id: id)
        unlink(id)
        slots[id].pointee = Slot(freeBefore: freeHead)
        freeHead = id
        count -= 1
    }

    /// Gives an occupied slot a new location and expiry, as a write does.
    @inline(__always)
    mutating func replace(_ id: UInt32, location: Location, expirySeconds: UInt32) {
        slots[id].pointee.location = location
        slots[id].pointee.expirySeconds = expirySeconds
        note(expirySeconds)
    }

    /// The hot tier gives what was read a second chance.
    @inline(__always)
    func markRead(_ id: UInt32) {
        if !slots[id].pointee.isReferenced { slots[id].pointee.isReferenced = true }
    }

    private mutating func note(_ expirySeconds: UInt32) {
        if expirySeconds != 0 && expirySeconds < earliestExpiry { earliestExpiry = expirySeconds }
    }

    private mutating func takeFreeSlot() -> UInt32 {
        if freeHead != 0 {
            let id = freeHead
            freeHead = slots[id].pointee.next
            return id
        }
        precondition(highWater < idMax, "the caller evicts before a full shard overflows")
        highWater += 1
        slots.reserve(highWater)
        return highWater
    }
}

// MARK: - Recency

extension IndexShard {
    /// Below this many entries every use moves the entry to the front.
    private static let exactCount = 1024

    /// The least recently used slot, 0 where the shard is empty.
    var oldest: UInt32 { slots[0].pointee.previous }

    /// Marks a use. An entry that moved within the last eighth of the list's turnover stays where
    /// it is: three cache misses saved, and its place is off by an eighth at most.
    @inline(__always)
    mutating func touch(_ id: UInt32) {
        if count >= Self.exactCount {
            let age = (currentStamp &- slots[id].pointee.stamp) & 0xFFF
            if age < 8 { return }
        } else if slots[0].pointee.next == id {
            return
        }
        unlink(id)
        linkFirst(id)
    }

    /// Starts loading the neighbours that `touch` will write to.
    @inline(__always)
    func prefetchNeighbours(_ id: UInt32) {
        let slot = slots[id].pointee
        dcs_prefetch(slots[slot.previous])
        dcs_prefetch(slots[slot.next])
    }

    /// Sixty-four stamps a turnover of the list.
    @inline(__always)
    private var currentStamp: UInt16 {
        let shift = UInt64(max(0, 63 &- count.leadingZeroBitCount &- 6))
        return UInt16(truncatingIfNeeded: moves >> shift) & 0xFFF
    }

    @inline(__always)
    private func unlink(_ id: UInt32) {
        let slot = slots[id].pointee
        slots[slot.previous].pointee.next = slot.next
        slots[slot.next].pointee.previous = slot.previous
    }

    @inline(__always)
    private mutating func linkFirst(_ id: UInt32) {
        let first = slots[0].pointee.next
        slots[id].pointee.previous = 0
        slots[id].pointee.next = first
        slots[first].pointee.previous = id
        slots[0].pointee.next = id
        moves &+= 1
        slots[id].pointee.stamp = currentStamp
    }
}

// MARK: - Invariants

extension IndexShard {
    /// Walks everything; for tests and simulation.
    func checkInvariants() {
        var seen = 0
        var id = slots[0].pointee.next
        var before: UInt32 = 0
        while id != 0 {
            let slot = slots[id].pointee
            precondition(!slot.isFree && slot.previous == before, "the recency list is broken")
            seen += 1
            precondition(seen <= count, "the recency list has a cycle")
            before = id
            id = slot.next
        }
        precondition(
            seen == count && slots[0].pointee.previous == before, "the recency list lost entries")
    }
}
