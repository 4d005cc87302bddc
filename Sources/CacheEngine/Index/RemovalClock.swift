internal import CacheBase
internal import Glibc

/// When entries last left a shard: for each of 1,024 groups of hashes, the newest version that was
/// deleted there, or that an eviction or an expiry forgot.
///
/// So a transaction learns, of a key that has no entry, whether it changed since its start. Groups
/// make the answer later than the truth at times, never earlier: a transaction may be told of a
/// change that was another key's, and never misses one.
/// Used only under its shard's lock.
struct RemovalClock: ~Copyable {
    private static let groupBits: UInt64 = 10

    private let newest: UnsafeMutablePointer<UInt64>

    init() {
        // Zeroed, and real memory only once something is removed.
        guard let memory = calloc(1 << Int(Self.groupBits), MemoryLayout<UInt64>.stride) else {
            preconditionFailure("no memory for a removal clock")
        }
        newest = memory.assumingMemoryBound(to: UInt64.self)
    }

    deinit { free(newest) }

    /// No key of the hash's group left with a newer version than this.
    @inline(__always)
    func newestRemoval(_ hash: UInt64) -> LSN { LSN(rawValue: newest[Self.group(hash)]) }

    /// An entry whose version, or whose deletion, is at most `lsn` is gone.
    @inline(__always)
    mutating func note(_ hash: UInt64, _ lsn: LSN) {
        let group = newest + Self.group(hash)
        if lsn.rawValue > group.pointee { group.pointee = lsn.rawValue }
    }

    /// By the lowest bits, which a slot keeps.
    @inline(__always)
    private static func group(_ hash: UInt64) -> Int {
        Int(truncatingIfNeeded: hash & (1 << groupBits &- 1))
    }
}
