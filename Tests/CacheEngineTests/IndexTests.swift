import CacheBase
import CacheFormat
import Testing

@testable import CacheEngine

@Suite("Key index")
struct IndexTests {
    private func hash(_ number: UInt64) -> UInt64 {
        var random = SplitMix64(seed: number)
        return random.next()
    }

    private func location(_ number: Int) -> Location { .log(fileSlot: 1, offset: number * 8) }

    @Test func everyInsertedHashIsFoundThroughAllSplits() throws {
        let index = try KeyIndex(entriesMax: 200_000, expectedEntries: 0)
        for number in 0..<100_000 {
            let hash = hash(UInt64(number))
            index.withShard(of: hash) { shard in
                _ = shard.insert(hash, location: location(number), expirySeconds: 0)
            }
            index.noteGrowth(of: hash)
        }
        for number in 0..<100_000 {
            let hash = hash(UInt64(number))
            index.prefetchLine(hash)
            index.prefetchSlot(hash)
            index.withShard(of: hash) { shard in
                let id = shard.find(hash)
                #expect(id != 0 && shard.slot(id).pointee.location == location(number))
            }
        }
        #expect(index.count == 100_000)
        let absent = (200_000..<210_000).filter { number in
            let hash = hash(UInt64(number))
            return index.withShard(of: hash) { $0.find(hash) != 0 }
        }
        #expect(absent.isEmpty)
    }

    @Test(arguments: [100_000, 150_000, 200_000, 300_000])
    func aKeyTakesAtMostThirtyTwoBytes(count: Int) throws {
        let index = try KeyIndex(entriesMax: 400_000, expectedEntries: 0)
        for number in 0..<count {
            let hash = hash(UInt64(number))
            index.withShard(of: hash) { shard in
                _ = shard.insert(hash, location: location(number), expirySeconds: 0)
            }
        }
        #expect(Double(index.bytes) / Double(count) <= 32)
    }

    @Test(arguments: EvictionMode.allCases)
    func removedEntriesLeaveNothingBehind(eviction: EvictionMode) throws {
        let index = try KeyIndex(
            entriesMax: 50_000, expectedEntries: 20_000, eviction: eviction)
        index.endFilling()
        var random = SplitMix64(seed: 6)
        var present: Set<UInt64> = []
        for _ in 0..<200_000 {
            let hash = hash(UInt64.random(in: 0..<20_000, using: &random))
            index.withShard(of: hash) { shard in
                let id = shard.find(hash)
                #expect((id != 0) == present.contains(hash))
                if id == 0 {
                    _ = shard.insert(hash, location: location(1), expirySeconds: 0)
                    present.insert(hash)
                } else {
                    shard.remove(id, newest: .zero)
                    present.remove(hash)
                }
            }
        }
        #expect(index.count == present.count)
        for number in 0..<KeyIndex.shardCount { index.withShard(number) { $0.checkInvariants() } }
    }

    @Test func locationsKeepTheirParts() {
        let segment = Location.segment(slot: 1 << 20 - 1, block: 65_535, entry: 4095)
        #expect(segment.kind == .segment && segment.segmentSlot == 1 << 20 - 1)
        #expect(segment.block == 65_535 && segment.entry == 4095)
        let log = Location.log(fileSlot: 65_535, offset: 8 * Int(UInt32.max))
        #expect(log.kind == .log && log.logFileSlot == 65_535)
        #expect(log.logOffset == 8 * Int(UInt32.max))
        let hot = Location.hot(offset: 1 << 40)
        #expect(hot.kind == .hot && hot.hotOffset == 1 << 40)
    }

    /// The reference implementation's first vectors use SipHash-2-4; these are properties instead:
    /// every byte, every length and the secret matter.
    @Test func theHashDependsOnEveryByteTheLengthAndTheSecret() {
        let one = KeyHash(secret: StoreID(high: 1, low: 2))
        let other = KeyHash(secret: StoreID(high: 1, low: 3))
        var seen: Set<UInt64> = []
        for length in 0..<40 {
            let bytes = [UInt8](repeating: 0, count: length)
            bytes.withUnsafeBytes { #expect(seen.insert(one($0)).inserted) }
            bytes.withUnsafeBytes { #expect(seen.insert(other($0)).inserted) }
            for position in 0..<length {
                var changed = bytes
                changed[position] = 1
                changed.withUnsafeBytes { #expect(seen.insert(one($0)).inserted) }
            }
        }
    }
}
