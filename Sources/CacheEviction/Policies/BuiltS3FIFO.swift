/// S3-FIFO as the engine has it (`IndexShard`'s queues, `GhostLines`).
///
/// Each of the `EngineShards` has a small and a main queue. The small one has a tenth of the entries
/// that the shard holds; which queue is looked at is asked anew for each entry; one eviction passes
/// at most 64 used entries by. Ghosts are fingerprints of 16 bits in lines of 32, each of which
/// forgets its oldest for a new one.
struct BuiltS3FIFO: EvictionPolicy {
    private static let passesMax = 64
    private static let usesMax: UInt8 = 3

    private let room: CacheRoom
    private let layout: EngineShards
    private let hashes: [UInt64]
    /// The main queue of shard n is list 2n, its small one the next.
    private var queues: EntryLists
    private var counts: [Int]
    private var smallCounts: [Int]
    private var ghosts: [Ghosts]
    private var uses: [UInt8]
    private var isHeld: [Bool]
    private var isMain: [Bool]
    private(set) var used = 0

    init(_ room: CacheRoom) { self.init(room, hash: EngineShards.hash) }

    /// - Parameter hash: of a key, as the engine has it.
    init(_ room: CacheRoom, hash: (UInt32) -> UInt64) {
        self.room = room
        layout = EngineShards(room, hash: hash)
        hashes = (0..<UInt32(room.keys)).map(hash)
        queues = EntryLists(keys: room.keys, lists: 2 * layout.count)
        counts = [Int](repeating: 0, count: layout.count)
        smallCounts = counts
        ghosts = [Ghosts](repeating: Ghosts(), count: layout.count)
        uses = [UInt8](repeating: 0, count: room.keys)
        isHeld = [Bool](repeating: false, count: room.keys)
        isMain = isHeld
    }

    mutating func request(_ key: UInt32) -> Bool {
        if isHeld[Int(key)] {
            uses[Int(key)] = min(uses[Int(key)] + 1, Self.usesMax)
            return true
        }
        guard !room.isTooSmall(for: key) else { return false }
        let shard = Int(layout.shardOf[Int(key)])
        if counts[shard] >= layout.capacity { evict(from: shard) }
        let isKnown = ghosts[shard].take(hashes[Int(key)])
        isHeld[Int(key)] = true
        isMain[Int(key)] = isKnown
        uses[Int(key)] = 0
        used += Int(room.weights[Int(key)])
        counts[shard] += 1
        if !isKnown { smallCounts[shard] += 1 }
        queues.insert(key, 2 * shard + (isKnown ? 0 : 1))
        while used > room.capacity { evictRound() }
        return false
    }

    private mutating func evictRound() {
        for (shard, evictions) in layout.round(counts).enumerated() {
            for _ in 0..<evictions { evict(from: shard) }
        }
    }

    private mutating func evict(from shard: Int) {
        for _ in 0..<Self.passesMax {
            guard let oldest = oldest(of: shard) else { return }
            if !passesBy(oldest, shard) { return remove(oldest, shard) }
        }
        if let oldest = oldest(of: shard) { remove(oldest, shard) }
    }

    /// Of the queue that has more than its share.
    private func oldest(of shard: Int) -> UInt32? {
        let (count, small) = (counts[shard], smallCounts[shard])
        return queues.oldest(2 * shard + (small == count || small >= max(count / 10, 1) ? 1 : 0))
    }

    private mutating func passesBy(_ key: UInt32, _ shard: Int) -> Bool {
        if isMain[Int(key)] {
            guard uses[Int(key)] > 0 else { return false }
            uses[Int(key)] -= 1
        } else {
            guard uses[Int(key)] > 1 else { return false }
            isMain[Int(key)] = true
            smallCounts[shard] -= 1
        }
        queues.remove(key)
        queues.insert(key, 2 * shard)
        return true
    }

    private mutating func remove(_ key: UInt32, _ shard: Int) {
        if !isMain[Int(key)] {
            ghosts[shard].note(hashes[Int(key)], entries: counts[shard])
            smallCounts[shard] -= 1
        }
        queues.remove(key)
        isHeld[Int(key)] = false
        counts[shard] -= 1
        used -= Int(room.weights[Int(key)])
    }
}

/// Fingerprints of keys that fell out of a shard's small queue, newest first in each line.
private struct Ghosts {
    private static let perLine = 32

    private var lines: [[UInt16]] = []

    mutating func note(_ hash: UInt64, entries: Int) {
        let wanted = max(entries * 9 / 10 / Self.perLine, 1)
        if wanted > 2 * lines.count || wanted < lines.count / 4 {
            lines = [[UInt16]](repeating: [], count: wanted)
        }
        let line = line(hash)
        if lines[line].count == Self.perLine { lines[line].removeLast() }
        lines[line].insert(Self.fingerprint(hash), at: 0)
    }

    mutating func take(_ hash: UInt64) -> Bool {
        guard !lines.isEmpty else { return false }
        let line = line(hash)
        guard let place = lines[line].firstIndex(of: Self.fingerprint(hash)) else { return false }
        lines[line].remove(at: place)
        return true
    }

    private func line(_ hash: UInt64) -> Int {
        Int(((hash & 0xFFFF_FFFF) * UInt64(lines.count)) >> 32)
    }

    private static func fingerprint(_ hash: UInt64) -> UInt16 {
        max(UInt16(truncatingIfNeeded: hash >> 32), 1)
    }
}
