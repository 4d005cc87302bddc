internal import CacheBase

/// How the engine divides a cache (`KeyIndex`, `SpaceKeeper`): 64 shards by the key's hash.
///
/// - By entries, each shard has its share of the capacity, and a full one makes room in itself,
///   however full the others are. The engine makes no index of fewer than 16 entries a shard; for a
///   smaller one there are fewer shards here, so that it holds no more than its capacity.
/// - By bytes, as on a full disk, rounds of evictions take up to 64 entries, or one in 256, from
///   each shard that holds its share or more. The engine makes them when it flushes, here they are
///   made at each insertion: what a node holds beyond its limit meanwhile is not in the model. Nor
///   are the bytes of which segments consist beside entries, and compression.
struct EngineShards {
    private static let shardsMax = 64
    private static let shardEntriesMin = 16
    private static let evictionsPerShard = 64

    /// Entries of a shard at most.
    let capacity: Int
    /// A shard for each key.
    let shardOf: [UInt8]
    let count: Int

    /// - Parameter hash: of a key, as the engine has it: the highest six bits choose the shard.
    init(_ room: CacheRoom, hash: (UInt32) -> UInt64) {
        var count = Self.shardsMax
        while room.unit == .entries, count > 1, room.capacity / count < Self.shardEntriesMin {
            count /= 2
        }
        self.count = count
        capacity = room.unit == .entries ? room.capacity / count : .max
        let bits = UInt64(count.trailingZeroBitCount)
        shardOf = (0..<UInt32(room.keys)).map { key in
            bits == 0 ? 0 : UInt8(truncatingIfNeeded: hash(key) >> (64 - bits))
        }
    }

    /// A hash where no engine gives one.
    static func hash(_ key: UInt32) -> UInt64 {
        var mixed = SplitMix64(seed: UInt64(key))
        return mixed.next()
    }

    /// Evictions of each shard in a round, by the number of its entries.
    func round(_ counts: [Int]) -> [Int] {
        let mean = counts.reduce(0, +) / count
        let wanted = min(Self.evictionsPerShard, max(1, mean / 256))
        return counts.map { $0 >= mean ? min(wanted, $0) : 0 }
    }
}
