import CacheBase
import Testing

@testable import CacheEviction

/// Each policy beside the naive form of itself, request by request.
@Suite("Eviction policies against naive ones")
struct PolicyTests {
    /// Requests half of which go to a tenth of the keys.
    private func requests(_ count: Int, keys: Int, _ random: inout Xoshiro256) -> [UInt32] {
        (0..<count).map { _ in
            UInt32(random.coin() ? random.below(max(keys / 10, 1)) : random.below(keys))
        }
    }

    private func compare(
        _ policy: some EvictionPolicy, _ naive: some NaivePolicy, _ room: CacheRoom,
        _ requests: [UInt32]
    ) {
        var (policy, naive) = (policy, naive)
        for (number, key) in requests.enumerated() {
            let expected = naive.request(key)
            guard policy.request(key) == expected else {
                Issue.record(
                    "request \(number) for \(key) should be a \(expected ? "hit" : "miss")")
                return
            }
            if policy.used > room.capacity { Issue.record("too much after request \(number)") }
        }
    }

    private func rooms(_ seed: UInt64) -> [(CacheRoom, [UInt32])] {
        print("seed \(seed)")
        var random = Xoshiro256(seed: seed)
        return (0..<12).map { _ in
            let keys = 20 + random.below(200)
            let requests = requests(1500, keys: keys, &random)
            if random.coin() {
                let room = CacheRoom(
                    .entries, capacity: 1 + random.below(keys),
                    weights: [UInt32](repeating: 1, count: keys))
                return (room, requests)
            }
            let weights = (0..<keys).map { _ in UInt32(1 + random.below(300)) }
            return (CacheRoom(.bytes, capacity: 1 + random.below(8000), weights: weights), requests)
        }
    }

    @Test func exactLRUIsTheListThatItSays() {
        for (room, requests) in rooms(1) {
            compare(ExactLRU(room), NaiveLRU(room: room), room, requests)
        }
    }

    @Test func sieveIsTheQueueAndHandThatItSays() {
        for (room, requests) in rooms(2) {
            compare(Sieve(room), NaiveSieve(room: room), room, requests)
        }
    }

    @Test func s3FIFOIsTheThreeQueuesThatItSays() {
        for (room, requests) in rooms(3) {
            compare(S3FIFO(room), NaiveS3FIFO(room: room), room, requests)
        }
    }

    @Test func tinyLFUIsTheThreeListsAndTheSketchThatItSays() {
        for (room, requests) in rooms(4) {
            compare(TinyLFU(room), NaiveTinyLFU(room: room), room, requests)
        }
    }

    @Test func lruAsBuiltIsTheShardsThatItSays() {
        var random = Xoshiro256(seed: 5)
        let keys = 3000
        let shardOf: (UInt32) -> Int = { Int($0 % 64) }
        let room = CacheRoom(
            .entries, capacity: 64 * 20, weights: [UInt32](repeating: 1, count: keys))
        compare(
            BuiltLRU(room) { UInt64(shardOf($0)) << 58 },
            NaiveBuiltLRU(room: room, shardOf: shardOf), room,
            requests(20_000, keys: keys, &random))
    }

    /// All in one shard: its list is long enough for stamps.
    @Test func lruAsBuiltLeavesYoungEntriesOfALongListInPlace() {
        var random = Xoshiro256(seed: 6)
        let keys = 2600
        let room = CacheRoom(
            .entries, capacity: 64 * 1300, weights: [UInt32](repeating: 1, count: keys))
        compare(
            BuiltLRU(room) { _ in 0 }, NaiveBuiltLRU(room: room) { _ in 0 }, room,
            requests(12_000, keys: keys, &random))
    }

    @Test func aSmallBuiltLRUHoldsNoMoreThanItsCapacity() {
        var random = Xoshiro256(seed: 7)
        for capacity in [1, 15, 16, 100, 1023, 1024] {
            let room = CacheRoom(
                .entries, capacity: capacity, weights: [UInt32](repeating: 1, count: 4000))
            var policy = BuiltLRU(room)
            for key in requests(6000, keys: 4000, &random) {
                _ = policy.request(key)
                #expect(policy.used <= capacity)
            }
        }
    }

    @Test func lruAsBuiltByBytesStaysUnderItsCapacity() {
        for (room, requests) in rooms(8) where room.unit == .bytes {
            var policy = BuiltLRU(room)
            for key in requests {
                _ = policy.request(key)
                if policy.used > room.capacity { Issue.record("too much") }
            }
        }
    }

    @Test func theSketchCountsAtLeastWhatWasAskedSinceItWasHalved() {
        var sketch = FrequencySketch(entries: 100)
        for round in 1...9 {
            for key in 0..<100 as Range<UInt32> { sketch.note(key) }
            for key in 0..<100 as Range<UInt32> { #expect(sketch.frequency(key) >= UInt8(round)) }
        }
        // The thousandth request halves.
        for key in 0..<100 as Range<UInt32> { sketch.note(key) }
        for key in 0..<100 as Range<UInt32> { #expect((5...8).contains(sketch.frequency(key))) }
        #expect((1000..<2000 as Range<UInt32>).filter { sketch.frequency($0) == 0 }.count > 800)
    }
}
