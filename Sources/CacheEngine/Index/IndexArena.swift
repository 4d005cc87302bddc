internal import CacheBase
internal import Synchronization

/// Memory of the key index on huge pages: handed out front to back, never given back while the
/// index lives.
///
/// One arena for all shards, because each shard alone would fill only a corner of a huge page, and
/// because a random probe of small pages costs a page walk each time, two-dimensional in a virtual
/// machine.
final class IndexArena: @unchecked Sendable {
    // Safe because: `memory` is only reserved and released as a whole; ranges are handed out once.
    private let memory: ReservedMemory
    private let used = Atomic<Int>(0)

    /// Reserves address space for `bytes`; memory is taken as it is handed out.
    init(bytes: Int) throws(StorageError) {
        memory = try ReservedMemory(bytes: bytes, hugePages: true)
    }

    /// `bytes` zeroed bytes at a multiple of 64.
    func allocate(_ bytes: Int) -> UnsafeMutableRawPointer {
        let start = used.add((bytes + 63) & ~63, ordering: .relaxed).oldValue
        precondition(start + bytes <= memory.bytes, "the index outgrew what it reserved")
        return memory.base + start
    }

    var usedBytes: Int { used.load(ordering: .relaxed) }
}
