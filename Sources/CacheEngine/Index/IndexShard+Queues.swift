/// The two queues of S3-FIFO, in the order of arrival: what is new is in the small one, and goes on
/// to the main one where it is used more than once there.
///
/// A use writes two bits of the slot, which is in the cache then, and moves nothing. What leaves the
/// small queue unused is remembered as a ghost; where it comes again soon, it goes into the main one
/// at once. What a start finds is all in the main queue, unused: it was worth keeping, and how often
/// it was used is not on disk.
extension IndexShard {
    static let smallAnchor: UInt32 = 1
    /// The small queue has one entry of so many.
    private static let smallPart = 10
    /// Used entries that one eviction passes by at most; then it takes one that was used. The bits
    /// that it cleared stay so, and the next eviction goes on behind them.
    private static let passesMax = 64

    /// Puts a new slot on its queue.
    mutating func enqueue(_ id: UInt32) {
        let isKnown = isFilling || ghosts.take(slots[id].pointee.hashBits)
        slots[id].pointee.isMain = isKnown
        if !isKnown { smallCount += 1 }
        link(id, behind: isKnown ? 0 : Self.smallAnchor)
    }

    @inline(__always)
    func countUse(_ id: UInt32) {
        let uses = slots[id].pointee.uses
        if uses < Slot.usesMax { slots[id].pointee.uses = uses + 1 }
    }

    /// See `chooseVictim`.
    mutating func chooseFromQueues() -> UInt32 {
        guard count > 0 else { return 0 }
        for _ in 0..<Self.passesMax {
            let id = end
            guard passesBy(id) else { return id }
        }
        return end
    }

    /// The oldest slot of the queue that has more than its share; the shard is not empty.
    private var end: UInt32 {
        let isSmall = smallCount == count || smallCount >= max(count / Self.smallPart, 1)
        return slots[isSmall ? Self.smallAnchor : 0].pointee.previous
    }

    /// Gives the oldest slot of its queue another round in the main one, where it was used.
    private mutating func passesBy(_ id: UInt32) -> Bool {
        let slot = slots[id]
        if slot.pointee.isMain {
            guard slot.pointee.uses > 0 else { return false }
            slot.pointee.uses -= 1
        } else {
            guard slot.pointee.uses > 1 else { return false }
            slot.pointee.isMain = true
            smallCount -= 1
        }
        unlink(id)
        link(id, behind: 0)
        return true
    }

    /// A slot is about to be evicted.
    mutating func remember(_ id: UInt32) {
        guard usesQueues, !slots[id].pointee.isMain else { return }
        ghosts.note(slots[id].pointee.hashBits, entries: count)
    }
}
