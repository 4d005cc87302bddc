internal import CacheBase
internal import CacheFormat
internal import Synchronization

/// Entries in memory that are in segments too: chunks filled front to back and reclaimed oldest
/// first, with a second chance for what was read meanwhile.
///
/// Invariants:
/// - Each chunk is free, current, or in `filled`; at most `chunkBudget` are not released.
/// - A slot that points here points at a whole entry whose owner is that slot.
/// - Chunk memory is reused only after every slot that pointed into it was pointed elsewhere,
///   under its shard's lock; so whoever holds a shard's lock may read the entries of its slots.
/// Lock order: shard, then hot tier.
final class HotTier: Sendable {
    static let chunkBytes = 1 << 20
    /// A larger value is read from its segment, which the page cache keeps as well.
    static let entryBytesMax = chunkBytes / 4

    private struct State: ~Copyable {
        let memory: ReservedMemory
        var free: [Int] = []
        var filled: [Int] = []
        var firstFilled = 0
        var current: Int?
        var offset = 0
        /// Chunks handed out at least once and not released since.
        var inUse = 0
        /// Chunks never used or released to the system.
        var untouched: [Int]
        var budget: Int

        var filledCount: Int { filled.count - firstFilled }
    }

    private let state: Guarded<State>
    private let base: UncheckedPointer
    private let chunkBudget: Atomic<Int>

    /// A pointer that may cross threads; what it points at has its own rules.
    private struct UncheckedPointer: @unchecked Sendable {
        // Safe because: the memory is read under shard locks, see the type's invariants.
        let pointer: UnsafeMutableRawPointer
    }

    /// - Parameters:
    ///   - bytesMax: address space to reserve.
    ///   - budget: memory that may be used now.
    init(bytesMax: Int, budget: Int) throws(StorageError) {
        let chunks = max(bytesMax / Self.chunkBytes, 1)
        let memory = try ReservedMemory(bytes: chunks * Self.chunkBytes, hugePages: true)
        base = UncheckedPointer(pointer: memory.base)
        chunkBudget = Atomic(budget / Self.chunkBytes)
        state = Guarded(
            State(
                memory: memory, untouched: Array((0..<chunks).reversed()),
                budget: budget / Self.chunkBytes))
    }

    @inline(__always)
    func entry(at location: Location) -> HotEntry {
        HotEntry(head: base.pointer + location.hotOffset)
    }

    var usedBytes: Int { state.withLock { $0.inUse } * Self.chunkBytes }

    /// Changes the memory that may be used; what is above it is given back by `reclaim`.
    func setBudget(bytes: Int) {
        chunkBudget.store(bytes / Self.chunkBytes, ordering: .relaxed)
        state.withLock { $0.budget = bytes / Self.chunkBytes }
    }

    /// True where a chunk should be reclaimed, so that admission finds room or memory is given back.
    var wantsReclaim: Bool {
        state.withLock { state in
            guard state.filledCount > 0 else { return false }
            let spare = state.free.count + max(0, state.budget - state.inUse)
            return state.inUse > state.budget || spare < 2
        }
    }

    /// True where an entry that nobody has read yet may have room: well below the budget.
    var hasAmpleRoom: Bool {
        state.withLock { $0.free.count + $0.budget - $0.inUse > max(2, $0.budget / 32) }
    }

    /// Copies an entry in. Called under its shard's lock.
    /// - Returns: where it is; nil where there is no room now, or it is too large.
    func admit(_ entry: EntryContent, owner: UInt32, segment: Location) -> Location? {
        let bytes = HotEntry.bytes(entry)
        guard bytes <= Self.entryBytesMax, chunkBudget.load(ordering: .relaxed) > 0 else {
            return nil
        }
        return state.withLock { state in
            if state.current == nil || state.offset + bytes + 8 > Self.chunkBytes {
                guard advance(&state) else { return nil }
            }
            let offset = state.current.unsafelyUnwrapped * Self.chunkBytes + state.offset
            let target = HotEntry(head: base.pointer + offset)
            target.write(entry, owner: owner, segment: segment)
            state.offset += bytes
            (base.pointer + offset + bytes).put(UInt32(0), at: 0)
            return .hot(offset: offset)
        }
    }

    /// Goes on to an empty chunk.
    private func advance(_ state: inout State) -> Bool {
        let next: Int
        if let chunk = state.free.popLast() {
            next = chunk
        } else if state.inUse < state.budget, let chunk = state.untouched.popLast() {
            state.inUse += 1
            next = chunk
        } else {
            return false
        }
        if let full = state.current { state.filled.append(full) }
        state.current = next
        state.offset = 0
        (base.pointer + next * Self.chunkBytes).put(UInt32(0), at: 0)
        return true
    }
}

// MARK: - Reclaim

extension HotTier {
    /// Empties the oldest filled chunk: what was read since it came gets a second chance where
    /// there is room, the rest goes back to its segment. One caller at a time, holding no lock.
    /// - Returns: false where there is no filled chunk.
    func reclaim(index: KeyIndex) -> Bool {
        guard let chunk = takeOldest() else { return false }
        var offset = chunk * Self.chunkBytes
        let end = offset + Self.chunkBytes
        while offset + 8 <= end {
            let entry = HotEntry(head: base.pointer + offset)
            let bytes = entry.totalBytes
            if bytes == 0 { break }
            vacate(entry, at: .hot(offset: offset), index: index)
            offset += bytes
        }
        giveBack(chunk)
        return true
    }

    private func vacate(_ entry: HotEntry, at location: Location, index: KeyIndex) {
        index.withShard(entry.shard) { shard in
            let slot = shard.slot(entry.slotID)
            guard slot.pointee.location == location else { return }
            let wasRead = slot.pointee.isReferenced
            slot.pointee.isReferenced = false
            let owner = HotEntry.owner(shard: entry.shard, slotID: entry.slotID)
            if wasRead,
                let kept = admit(entry.content, owner: owner, segment: entry.segment)
            {
                slot.pointee.location = kept
            } else {
                slot.pointee.location = entry.segment
            }
        }
    }

    private func takeOldest() -> Int? {
        state.withLock { state in
            guard state.filledCount > 0 else { return nil }
            let chunk = state.filled[state.firstFilled]
            state.firstFilled += 1
            if state.firstFilled > 1024 {
                state.filled.removeFirst(state.firstFilled)
                state.firstFilled = 0
            }
            return chunk
        }
    }

    private func giveBack(_ chunk: Int) {
        state.withLock { state in
            if state.inUse > state.budget {
                state.memory.release(offset: chunk * Self.chunkBytes, bytes: Self.chunkBytes)
                state.untouched.append(chunk)
                state.inUse -= 1
            } else {
                state.free.append(chunk)
            }
        }
    }
}
