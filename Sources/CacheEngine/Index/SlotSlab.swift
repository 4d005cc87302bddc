internal import Glibc

/// The slots of a shard, numbered from 0, in chunks that never move.
///
/// Invariant: every slot up to the highest number asked for by `reserve` has its chunk.
struct SlotSlab: ~Copyable {
    /// 48 KiB a chunk.
    private static let chunkShift = 11
    private static let chunkSlots = 1 << chunkShift

    private let chunks: UnsafeMutablePointer<UnsafeMutablePointer<Slot>?>
    private let arena: IndexArena
    private var chunkCount = 0
    private let chunkMax: Int

    init(slotsMax: Int, arena: IndexArena) {
        self.arena = arena
        chunkMax = slotsMax >> Self.chunkShift + 1
        chunks = zeroedTable(capacity: chunkMax)
        reserve(0)
    }

    deinit { free(chunks) }

    /// Address space that slabs of so many slots need of an arena.
    static func arenaBytes(slots: Int) -> Int {
        (slots >> chunkShift + 1) * chunkSlots * MemoryLayout<Slot>.stride
    }

    @inline(__always)
    subscript(id: UInt32) -> UnsafeMutablePointer<Slot> {
        let chunk = chunks[Int(id >> UInt32(Self.chunkShift))].unsafelyUnwrapped
        return chunk + Int(id & UInt32(Self.chunkSlots &- 1))
    }

    /// nil where the slot has no memory.
    @inline(__always)
    func slotIfPresent(_ id: UInt32) -> UnsafeMutablePointer<Slot>? {
        let chunk = Int(id >> UInt32(Self.chunkShift))
        guard chunk < chunkMax, let start = chunks[chunk] else { return nil }
        return start + Int(id & UInt32(Self.chunkSlots &- 1))
    }

    /// Makes sure that slot `id` has memory.
    mutating func reserve(_ id: UInt32) {
        while Int(id) >> Self.chunkShift >= chunkCount {
            let bytes = Self.chunkSlots * MemoryLayout<Slot>.stride
            chunks[chunkCount] = arena.allocate(bytes)
                .bindMemory(to: Slot.self, capacity: Self.chunkSlots)
            chunkCount += 1
        }
    }
}
