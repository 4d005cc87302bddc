/// SIEVE: one queue in the order of arrival, and a hand that goes from old to new, evicts what was
/// not visited since it last came by, and leaves the rest in place.
///
/// Zhang, Yang, Yue, Vigfusson and Rashmi, "SIEVE is Simpler than LRU: an Efficient Turn-Key
/// Eviction Algorithm for Web Caches" (NSDI 2024), algorithm 1.
struct Sieve: EvictionPolicy {
    private let room: CacheRoom
    private var queue: EntryLists
    private var isHeld: [Bool]
    private var isVisited: [Bool]
    /// Where the search for a victim goes on; nil for the oldest entry.
    private var hand: UInt32?
    private(set) var used = 0

    init(_ room: CacheRoom) {
        self.room = room
        queue = EntryLists(keys: room.keys)
        isHeld = [Bool](repeating: false, count: room.keys)
        isVisited = isHeld
    }

    mutating func request(_ key: UInt32) -> Bool {
        if isHeld[Int(key)] {
            isVisited[Int(key)] = true
            return true
        }
        guard !room.isTooSmall(for: key) else { return false }
        let weight = Int(room.weights[Int(key)])
        while used + weight > room.capacity { evict() }
        queue.insert(key)
        isHeld[Int(key)] = true
        isVisited[Int(key)] = false
        used += weight
        return false
    }

    private mutating func evict() {
        guard var candidate = hand ?? queue.oldest() else { return }
        while isVisited[Int(candidate)] {
            isVisited[Int(candidate)] = false
            guard let next = queue.next(newerThan: candidate) ?? queue.oldest() else { return }
            candidate = next
        }
        hand = queue.next(newerThan: candidate)
        queue.remove(candidate)
        isHeld[Int(candidate)] = false
        used -= Int(room.weights[Int(candidate)])
    }
}
