internal import CShims
internal import CacheBase

/// One shard of the key index: hash table, slots, and the order in which they are evicted.
///
/// Invariants:
/// - Slot 0 is the anchor of a circular list through `next` (towards older) and `previous`. Every
///   occupied slot is on it once, most recently used first; but with two queues it is the main one
///   of them, slot 1 is the small one's anchor, both are in the order of arrival, and every occupied
///   slot is on the one that its `isMain` says. `smallCount` slots are on the small one.
/// - Every occupied slot is in `table` once; ids above `highWater` were never used.
/// - `count` is the number of occupied slots.
/// Used only under its lock.
struct IndexShard: ~Copyable {
    var slots: SlotSlab
    private var table: IndexTable
    private(set) var count = 0
    private(set) var highWater: UInt32 = 0
    private var freeHead: UInt32 = 0
    private let idMax: UInt32
    /// Moves to the front so far; stamps are taken from it.
    var moves: UInt64 = 0
    /// True with `EvictionMode.s3FIFO`.
    let usesQueues: Bool
    var smallCount = 0
    /// What was evicted from the small queue lately.
    var ghosts = GhostLines()
    /// What comes now was here before the start.
    var isFilling = true
    /// At most this many entries; one makes room for another.
    var capacity: Int
    var hits: UInt64 = 0
    var misses: UInt64 = 0
    /// The newest record that removed an entry here; a miss is as durable as that record.
    var lastRemoval = LSN.zero
    private var removals = RemovalClock()
    /// No entry expires before this second; the largest number where none expires.
    var earliestExpiry: UInt32 = .max

    static let idLimit = 1 << 24 - 1

    init(
        lines: Int, slotsMax: Int, expectedEntries: Int, eviction: EvictionMode,
        arena: IndexArena
    ) {
        slots = SlotSlab(slotsMax: slotsMax, arena: arena)
        table = IndexTable(lines: lines, expectedEntries: expectedEntries, arena: arena)
        idMax = UInt32(slotsMax)
        capacity = slotsMax
        usesQueues = eviction == .s3FIFO
        if usesQueues { addSmallAnchor() }
    }

    private mutating func addSmallAnchor() {
        highWater = Self.smallAnchor
        slots.reserve(highWater)
        slots[Self.smallAnchor].pointee.previous = Self.smallAnchor
        slots[Self.smallAnchor].pointee.next = Self.smallAnchor
        capacity -= 1
    }

    @inline(__always)
    func slot(_ id: UInt32) -> UnsafeMutablePointer<Slot> { slots[id] }

    var isFull: Bool { count >= capacity }
    /// Entries that there is address space for.
    var slotsMax: Int { Int(idMax) - (usesQueues ? 1 : 0) }
    var bytes: Int {
        table.bytes + (Int(highWater) + 1) * MemoryLayout<Slot>.stride + ghosts.bytes
    }

    @inline(__always)
    func find(_ hash: UInt64) -> UInt32 { table.find(hash, slots: slots) }

    /// As `slot`, for an id that may be stale.
    @inline(__always)
    func slotIfPresent(_ id: UInt32) -> UnsafeMutablePointer<Slot>? { slots.slotIfPresent(id) }

    /// See `IndexTable.hint`.
    var hint: UInt64 { table.hint }

    /// Adds a key that is not there, as the newest. The shard is not full.
    mutating func insert(_ hash: UInt64, location: Location, expirySeconds: UInt32) -> UInt32 {
        let id = takeFreeSlot()
        slots[id].pointee = Slot(hash: hash, location: location, expirySeconds: expirySeconds)
        note(expirySeconds)
        table.insert(hash, id: id, slots: slots)
        if usesQueues { enqueue(id) } else { linkFirst(id) }
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
        if usesQueues && !slots[id].pointee.isMain { smallCount -= 1 }
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

    /// The slot to evict next, 0 where the shard is empty. Whoever gets it evicts it.
    mutating func chooseVictim() -> UInt32 {
        usesQueues ? chooseFromQueues() : slots[0].pointee.previous
    }

    /// Marks a use. An entry that moved within the last eighth of the list's turnover stays where
    /// it is: three cache misses saved, and its place is off by an eighth at most.
    @inline(__always)
    mutating func touch(_ id: UInt32) {
        if usesQueues { return countUse(id) }
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
        if usesQueues { return }
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
    func unlink(_ id: UInt32) {
        let slot = slots[id].pointee
        slots[slot.previous].pointee.next = slot.next
        slots[slot.next].pointee.previous = slot.previous
    }

    @inline(__always)
    func link(_ id: UInt32, behind anchor: UInt32) {
        let first = slots[anchor].pointee.next
        slots[id].pointee.previous = anchor
        slots[id].pointee.next = first
        slots[first].pointee.previous = id
        slots[anchor].pointee.next = id
    }

    @inline(__always)
    mutating func linkFirst(_ id: UInt32) {
        link(id, behind: 0)
        moves &+= 1
        slots[id].pointee.stamp = currentStamp
    }
}

// MARK: - Invariants

extension IndexShard {
    /// Walks everything; for tests and simulation.
    func checkInvariants() {
        let main = walk(0) { $0.isMain || !usesQueues }
        let small = usesQueues ? walk(Self.smallAnchor) { !$0.isMain } : 0
        precondition(main + small == count, "the lists lost entries")
        precondition(small == smallCount, "the small queue is counted wrong")
    }

    /// - Returns: slots of a list, on all of which `belongs` must hold.
    private func walk(_ anchor: UInt32, _ belongs: (Slot) -> Bool) -> Int {
        var seen = 0
        var id = slots[anchor].pointee.next
        var before = anchor
        while id != anchor {
            let slot = slots[id].pointee
            precondition(!slot.isFree && slot.previous == before, "a list is broken")
            precondition(belongs(slot), "a slot is on the other list")
            seen += 1
            precondition(seen <= count, "a list has a cycle")
            before = id
            id = slot.next
        }
        precondition(slots[anchor].pointee.previous == before, "a list has no end")
        return seen
    }
}
