internal import CacheBase
internal import Glibc
internal import Synchronization

/// The open segments, by the 20-bit slot that locations name and by id.
///
/// Invariant: a segment is in the table from before a slot of the index points at it until after
/// none does; so whoever holds a shard's lock may look up the segments of its slots.
final class SegmentTable: @unchecked Sendable {
    // Safe because: `slots` entries change only as the invariant says; the rest is under `state`.
    static let capacity = 1 << 20
    private let slots: UnsafeMutablePointer<Unmanaged<Segment>?>
    private let state = Mutex(State())

    private struct State {
        var byID: [SegmentID: Segment] = [:]
        var freeSlots: [Int] = []
        var nextSlot = 0
    }

    init() {
        slots = zeroedTable(capacity: Self.capacity)
    }

    deinit { free(slots) }

    @inline(__always)
    func segment(_ location: Location) -> Segment {
        slots[location.segmentSlot].unsafelyUnwrapped._withUnsafeGuaranteedRef { $0 }
    }

    @inline(__always)
    func markDead(_ location: Location) {
        slots[location.segmentSlot].unsafelyUnwrapped._withUnsafeGuaranteedRef {
            $0.markDead(location)
        }
    }

    /// A slot for a segment to come.
    /// - Throws: `overloaded` where the table is full.
    func reserveSlot() throws(StorageError) -> Int {
        let slot = state.withLock { state -> Int? in
            if let slot = state.freeSlots.popLast() { return slot }
            guard state.nextSlot < Self.capacity else { return nil }
            state.nextSlot += 1
            return state.nextSlot - 1
        }
        guard let slot else {
            throw StorageError(.overloaded, "more than \(Self.capacity) segments")
        }
        return slot
    }

    /// Takes back a slot whose segment never came.
    func returnSlot(_ slot: Int) { state.withLock { $0.freeSlots.append(slot) } }

    func add(_ segment: Segment) {
        slots[segment.slot] = Unmanaged.passUnretained(segment)
        state.withLock { $0.byID[segment.id] = segment }
    }

    /// Leaves a segment out of `all`, and so of the next checkpoint.
    func withdraw(_ segment: Segment) { state.withLock { $0.byID[segment.id] = nil } }

    func restore(_ segment: Segment) { state.withLock { $0.byID[segment.id] = segment } }

    /// Takes a segment out that no slot of the index points at.
    func remove(_ segment: Segment) {
        slots[segment.slot] = nil
        state.withLock { state in
            state.byID[segment.id] = nil
            state.freeSlots.append(segment.slot)
        }
    }

    /// All segments, oldest id first.
    var all: [Segment] {
        state.withLock { Array($0.byID.values) }.sorted { $0.id < $1.id }
    }
}

/// A table of optional pointers, all nil, that takes memory only where it is used.
func zeroedTable<Element>(capacity: Int) -> UnsafeMutablePointer<Element?> {
    guard let memory = calloc(capacity, MemoryLayout<Element?>.stride) else {
        preconditionFailure("no memory for a table of \(capacity) entries")
    }
    return memory.bindMemory(to: Element?.self, capacity: capacity)
}
