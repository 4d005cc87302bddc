import CacheBase
import Testing

@testable import CacheEviction

@Suite("The optimum of eviction")
struct OptimumTests {
    /// The most hits there are, by trying everything: what to keep after each request.
    private struct Exhaustive {
        struct State: Hashable {
            let number: Int
            let held: UInt32
        }

        let room: CacheRoom
        let requests: [UInt32]
        var known: [State: Int] = [:]

        mutating func best(from number: Int = 0, held: UInt32 = 0) -> Int {
            guard number < requests.count else { return 0 }
            let state = State(number: number, held: held)
            if let known = known[state] { return known }
            let bit = UInt32(1) << requests[number]
            let all = held | bit
            var best = 0
            var kept = all
            while true {
                if weight(kept) <= room.capacity {
                    best = max(best, self.best(from: number + 1, held: kept))
                }
                if kept == 0 { break }
                kept = (kept - 1) & all
            }
            best += held & bit != 0 ? 1 : 0
            known[state] = best
            return best
        }

        private func weight(_ held: UInt32) -> Int {
            room.weights.indices.reduce(0) { sum, key in
                held >> UInt32(key) & 1 == 0 ? sum : sum + Int(room.weights[key])
            }
        }
    }

    private func requests(_ count: Int, keys: Int, _ random: inout Xoshiro256) -> [UInt32] {
        (0..<count).map { _ in UInt32(min(random.below(keys), random.below(keys))) }
    }

    @Test func itIsExactWhereAllWeighTheSame() {
        var random = Xoshiro256(seed: 11)
        for _ in 0..<60 {
            let weight = UInt32(1 + random.below(3))
            let keys = 2 + random.below(5)
            let room = CacheRoom(
                .bytes, capacity: Int(weight) * (1 + random.below(keys)) + random.below(2),
                weights: [UInt32](repeating: weight, count: keys))
            let requests = requests(14, keys: keys, &random)
            var exhaustive = Exhaustive(room: room, requests: requests)
            #expect(PolicyName.optimum.hits(room, requests) == exhaustive.best())
        }
    }

    @Test func itIsABoundWhereWeightsDiffer() {
        var random = Xoshiro256(seed: 12)
        var (bounds, exact) = (0, 0)
        for _ in 0..<60 {
            let weights = (0..<6).map { _ in UInt32(1 + random.below(9)) }
            let room = CacheRoom(.bytes, capacity: 4 + random.below(20), weights: weights)
            let requests = requests(14, keys: 6, &random)
            var exhaustive = Exhaustive(room: room, requests: requests)
            let (bound, best) = (PolicyName.optimum.hits(room, requests), exhaustive.best())
            #expect(bound >= best)
            bounds += bound
            exact += best
        }
        // And not an idle one.
        #expect(Double(bounds) < 1.3 * Double(exact))
    }

    @Test func aBelowBookExampleHasItsKnownFaults() {
        let requests: [UInt32] = [7, 0, 1, 2, 0, 3, 0, 4, 2, 3, 0, 3, 2, 1, 2, 0, 1, 7, 0, 1]
        let room = CacheRoom(.entries, capacity: 3, weights: [UInt32](repeating: 1, count: 8))
        #expect(PolicyName.lru.hits(room, requests) == 8)
        #expect(PolicyName.optimum.hits(room, requests) >= 11)
    }

    @Test(arguments: [21, 22, 23] as [UInt64])
    func nobodyExceedsIt(seed: UInt64) {
        print("seed \(seed)")
        var random = Xoshiro256(seed: seed)
        for kind in SyntheticTrace.allCases {
            let trace = kind.trace(requests: 3000, keys: 300, seed: seed)
            for unit in CacheRoom.Unit.allCases {
                let share = 0.01 + Double(random.below(90)) / 100
                let room = CacheRoom(unit, share: share, of: trace)
                let best = PolicyName.optimum.hits(room, trace.requests)
                for policy in PolicyName.allCases {
                    let hits = policy.hits(room, trace.requests)
                    #expect(hits <= best, "\(policy) over \(kind) by \(unit), \(share)")
                }
            }
        }
    }

    @Test func theHeapHasTheFurthestOnTop() {
        var random = Xoshiro256(seed: 13)
        var heap = NextUseHeap(keys: 50)
        var model: [UInt32: UInt32] = [:]
        for step in 0..<3000 as Range<UInt32> {
            if random.below(3) == 0, let furthest = model.values.max() {
                heap.removeFurthest()
                // Next uses are distinct here.
                model = model.filter { $0.value != furthest }
            } else {
                let key = UInt32(random.below(50))
                let use = step * 8 + 10_000
                heap.put(key, next: use)
                model[key] = use
            }
            #expect(heap.count == model.count)
            for key in 0..<50 as Range<UInt32> {
                if heap.contains(key) != (model[key] != nil) { Issue.record("key \(key)") }
            }
        }
    }
}
