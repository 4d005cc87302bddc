/// The least recently used entry as the engine finds it (`IndexShard`).
///
/// Each of the `EngineShards` has a list of its own. From 1,024 entries on, one that moved to the
/// front within the last eighth of the list's turnover stays where it is. Turnovers are counted in
/// stamps of 12 bits, 64 of them each.
struct BuiltLRU: EvictionPolicy {
    private static let exactCount = 1024

    private struct Shard {
        var count = 0
        /// Moves to the front so far.
        var moves: UInt64 = 0

        var stamp: UInt16 {
            let shift = UInt64(max(0, 63 - count.leadingZeroBitCount - 6))
            return UInt16(truncatingIfNeeded: moves >> shift) & 0xFFF
        }
    }

    private let room: CacheRoom
    private let layout: EngineShards
    private var shards: [Shard]
    private var order: EntryLists
    private var stamps: [UInt16]
    private var isHeld: [Bool]
    private(set) var used = 0

    init(_ room: CacheRoom) { self.init(room, hash: EngineShards.hash) }

    /// - Parameter hash: of a key, as the engine has it.
    init(_ room: CacheRoom, hash: (UInt32) -> UInt64) {
        self.room = room
        layout = EngineShards(room, hash: hash)
        shards = [Shard](repeating: Shard(), count: layout.count)
        order = EntryLists(keys: room.keys, lists: layout.count)
        stamps = [UInt16](repeating: 0, count: room.keys)
        isHeld = [Bool](repeating: false, count: room.keys)
    }

    mutating func request(_ key: UInt32) -> Bool {
        let shard = Int(layout.shardOf[Int(key)])
        if isHeld[Int(key)] {
            touch(key, shard)
            return true
        }
        guard !room.isTooSmall(for: key) else { return false }
        if shards[shard].count >= layout.capacity { evictOldest(of: shard) }
        isHeld[Int(key)] = true
        used += Int(room.weights[Int(key)])
        link(key, shard)
        shards[shard].count += 1
        while used > room.capacity { evictRound() }
        return false
    }

    private mutating func touch(_ key: UInt32, _ shard: Int) {
        if shards[shard].count >= Self.exactCount {
            let age = (shards[shard].stamp &- stamps[Int(key)]) & 0xFFF
            if age < 8 { return }
        } else if order.newest(shard) == key {
            return
        }
        order.remove(key)
        link(key, shard)
    }

    private mutating func link(_ key: UInt32, _ shard: Int) {
        order.insert(key, shard)
        shards[shard].moves += 1
        stamps[Int(key)] = shards[shard].stamp
    }

    private mutating func evictRound() {
        for (shard, evictions) in layout.round(shards.map(\.count)).enumerated() {
            for _ in 0..<evictions { evictOldest(of: shard) }
        }
    }

    private mutating func evictOldest(of shard: Int) {
        guard let oldest = order.oldest(shard) else { return }
        order.remove(oldest)
        isHeld[Int(oldest)] = false
        used -= Int(room.weights[Int(oldest)])
        shards[shard].count -= 1
    }
}
