internal import CacheBase

/// Memory that is given out in small pieces and taken back all at once; pieces never move.
///
/// Invariants: `used` grows only; the first `junkBytes` belong to nobody. Where all is given out,
/// `isExhausted` is set and what is asked for lies in the junk: its owner checks before it
/// trusts what it wrote.
final class Arena {
    private let memory: ReservedMemory
    let base: UnsafeMutableRawPointer
    private(set) var used = Arena.junkBytes
    private(set) var isExhausted = false
    private static let junkBytes = 64 << 10
    /// What `reset` leaves in memory, so that small indexes are built without page faults.
    private static let keptBytes = 16 << 20

    init(bytes: Int) throws(StorageError) {
        // Terms lie all over it: small pages would cost a walk of the page table for each.
        memory = try ReservedMemory(bytes: bytes, hugePages: true)
        base = memory.base
    }

    var free: Int { memory.bytes - used }

    /// Takes `bytes`, at most `junkBytes`; zeroed where the arena was never reset.
    /// - Returns: their offset from `base`, a multiple of four.
    @inline(__always)
    func allocate(_ bytes: Int) -> UInt32 {
        let start = used
        used &+= (bytes &+ 3) & ~3
        guard used <= memory.bytes else {
            used = start
            isExhausted = true
            return 0
        }
        return UInt32(truncatingIfNeeded: start)
    }

    /// Takes everything back.
    func reset() {
        if used > Self.keptBytes {
            memory.release(offset: Self.keptBytes, bytes: used - Self.keptBytes)
        }
        used = Self.junkBytes
        isExhausted = false
    }
}
