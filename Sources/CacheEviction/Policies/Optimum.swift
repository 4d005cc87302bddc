/// The most hits that any policy can have, told with the whole trace in hand.
///
/// Where all entries weigh the same this is exact: evict what is asked for again last, which may be
/// the entry that just came (Belady, "A study of replacement algorithms for a virtual-storage
/// computer", 1966; Mattson et al., 1970). Where they do not, the exact number is hard to compute
/// (Chrobak et al., "Caching is hard, even in the fault model", 2012), and what is told is a bound
/// that nobody exceeds: PFOO-L of Berger, Beckmann and Harchol-Balter, "Practical bounds on optimal
/// caching with variable object sizes" (2018). Each hit costs its entry's weight for as long as it
/// must be kept since the request before; the cheapest hits are counted until the capacity times
/// the length of the trace is spent, as if room could be moved in time.
enum Optimum {
    static func hits(_ room: CacheRoom, _ requests: [UInt32], from first: Int) -> Int {
        if let weight = room.weights.first, room.weights.allSatisfy({ $0 == weight }) {
            return exactHits(room, entries: room.capacity / Int(weight), requests, first)
        }
        return boundedHits(room, requests, first)
    }

    /// Of each request the number of the next one for the same key; `.max` of the last.
    static func nextUses(_ requests: [UInt32], keys: Int) -> [UInt32] {
        var next = [UInt32](repeating: .max, count: requests.count)
        var latest = [UInt32](repeating: .max, count: keys)
        for number in requests.indices.reversed() {
            let key = Int(requests[number])
            next[number] = latest[key]
            latest[key] = UInt32(number)
        }
        return next
    }

    private static func exactHits(
        _ room: CacheRoom, entries: Int, _ requests: [UInt32], _ first: Int
    ) -> Int {
        let next = nextUses(requests, keys: room.keys)
        var held = NextUseHeap(keys: room.keys)
        var hits = 0
        for (number, key) in requests.enumerated() {
            if held.contains(key), number >= first { hits += 1 }
            held.put(key, next: next[number])
            if held.count > entries || next[number] == .max { held.removeFurthest() }
        }
        return hits
    }

    private static func boundedHits(
        _ room: CacheRoom, _ requests: [UInt32], _ first: Int
    ) -> Int {
        var latest = [UInt32](repeating: .max, count: room.keys)
        var costs: [UInt64] = []
        costs.reserveCapacity(requests.count)
        for (number, key) in requests.enumerated() {
            let before = latest[Int(key)]
            latest[Int(key)] = UInt32(number)
            guard before != .max, number >= first, !room.isTooSmall(for: key) else { continue }
            costs.append(UInt64(UInt32(number) - before) * UInt64(room.weights[Int(key)]))
        }
        costs.sort()
        // Hits that are not counted would take room too: without them the bound only rises.
        var left = Double(room.capacity) * Double(requests.count)
        return costs.prefix { cost in
            left -= Double(cost)
            return left >= 0
        }.count
    }
}
