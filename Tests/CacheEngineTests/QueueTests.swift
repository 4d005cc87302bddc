import CacheBase
import CacheFiles
import CacheFormat
import Testing

@testable import CacheEngine

/// `EvictionMode.s3FIFO`: the two queues of a shard and its ghosts.
@Suite("Eviction by queues")
struct QueueTests {
    /// An index whose shards are not being filled by a start.
    private func index(_ entries: Int) throws -> KeyIndex {
        let index = try KeyIndex(entriesMax: 10_000, expectedEntries: 0, eviction: .s3FIFO)
        index.setCapacity(64 * entries)
        index.endFilling()
        return index
    }

    /// A hash of shard 0.
    private func hash(_ number: Int) -> UInt64 {
        var random = SplitMix64(seed: UInt64(number))
        return random.next() >> 6
    }

    /// As `EngineParts` does it.
    private func insert(_ number: Int, _ shard: inout IndexShard) -> UInt32 {
        if shard.isFull {
            let victim = shard.chooseVictim()
            shard.remember(victim)
            shard.remove(victim, newest: .zero)
        }
        return shard.insert(hash(number), location: .log(fileSlot: 1, offset: 8), expirySeconds: 0)
    }

    @Test func whatIsUsedTwiceStaysAndAScanPassesBy() throws {
        try index(100).withShard(0) { shard in
            for number in 0..<50 {
                let id = insert(number, &shard)
                shard.touch(id)
                shard.touch(id)
            }
            for number in 1000..<3000 { _ = insert(number, &shard) }
            shard.checkInvariants()
            #expect(shard.count == 100)
            for number in 0..<50 { #expect(shard.find(hash(number)) != 0) }
        }
    }

    @Test func whatComesBackSoonGoesToTheMainQueueAtOnce() throws {
        try index(100).withShard(0) { shard in
            for number in 0..<150 { _ = insert(number, &shard) }
            #expect(shard.smallCount == 100 && shard.find(hash(20)) == 0)
            let id = insert(20, &shard)
            #expect(shard.slot(id).pointee.isMain)
            #expect(!shard.slot(insert(5000, &shard)).pointee.isMain)
            // It is no ghost any more.
            shard.remove(id, newest: .zero)
            #expect(!shard.slot(insert(20, &shard)).pointee.isMain)
            shard.checkInvariants()
        }
    }

    @Test func whatAStartFindsIsInTheMainQueue() throws {
        let index = try KeyIndex(entriesMax: 10_000, expectedEntries: 0, eviction: .s3FIFO)
        index.withShard(0) { shard in
            for number in 0..<50 { _ = insert(number, &shard) }
            #expect(shard.smallCount == 0)
        }
        index.endFilling()
        index.withShard(0) { shard in
            #expect(!shard.slot(insert(100, &shard)).pointee.isMain)
            shard.checkInvariants()
        }
    }

    /// However much is in use: an eviction is made under a lock.
    @Test func anEvictionPassesSixtyFourUsedEntriesByAtMost() throws {
        try index(1000).withShard(0) { shard in
            var ids: [UInt32] = []
            for number in 0..<1000 {
                let id = insert(number, &shard)
                ids.append(id)
                for _ in 0..<5 { shard.touch(id) }
            }
            let victim = shard.chooseVictim()
            #expect(victim == ids[64])
            // All 64 went on to the main queue.
            #expect(shard.smallCount == 1000 - 64)
            #expect(shard.slot(victim).pointee.uses == Slot.usesMax)
            shard.checkInvariants()
        }
    }

    @Test func anEmptyShardHasNoVictim() throws {
        let victim = try index(100).withShard(0) { $0.chooseVictim() }
        #expect(victim == 0)
    }

    @Test func aShardHoldsAsManyAsItHasRoomFor() throws {
        let index = try KeyIndex(entriesMax: 64, expectedEntries: 0, eviction: .s3FIFO)
        index.setCapacity(1 << 30)
        index.withShard(0) { shard in
            for number in 0..<shard.slotsMax + 100 { _ = insert(number, &shard) }
            #expect(shard.count == shard.slotsMax)
            shard.checkInvariants()
        }
    }

    @Test func randomWorkKeepsTheQueuesWhole() throws {
        var random = Xoshiro256(seed: 3)
        try index(200).withShard(0) { shard in
            for step in 0..<30_000 {
                let number = min(random.below(800), random.below(800))
                let id = shard.find(hash(number))
                switch (id, random.below(10)) {
                case (0, _): _ = insert(number, &shard)
                case (_, 0): shard.remove(id, newest: .zero)
                default: shard.touch(id)
                }
                if step % 1000 == 0 { shard.checkInvariants() }
            }
            #expect(shard.count <= 200)
        }
    }

    @Test func ghostsAreTheNewestOfEachLine() {
        var ghosts = GhostLines()
        let wasKnown = ghosts.take(7)
        #expect(!wasKnown)
        // One line: the low bits of all are the same.
        for number in 1...40 as ClosedRange<UInt64> { ghosts.note(number << 32, entries: 10) }
        let (lines, bytes) = (ghosts.lines, ghosts.bytes)
        #expect(lines == 1 && bytes == 64)
        let known = (1...40 as ClosedRange<UInt64>).filter { ghosts.take($0 << 32) }
        #expect(known == Array(9...40))
        let again = (1...40 as ClosedRange<UInt64>).filter { ghosts.take($0 << 32) }
        #expect(again.isEmpty)
    }

    @Test func ghostsTakeTwoBytesOfEachEntryAndFollowTheirNumber() {
        var ghosts = GhostLines()
        ghosts.note(1 << 32, entries: 100_000)
        let (bytes, lines) = (ghosts.bytes, ghosts.lines)
        #expect(bytes <= 2 * 100_000 && bytes > 100_000)
        ghosts.note(2 << 32, entries: 90_000)
        let (same, isKnown) = (ghosts.lines, ghosts.take(1 << 32))
        #expect(same == lines && isKnown)
        ghosts.note(3 << 32, entries: 1000)
        let (fewer, isStillKnown) = (ghosts.bytes, ghosts.take(2 << 32))
        #expect(fewer <= 2000 && !isStillKnown)
        ghosts.note(4 << 32, entries: 100_000)
        let more = ghosts.lines
        #expect(more == lines)
    }

    @Test func ghostsCountAsMemoryOfTheIndex() {
        var options = Rig.smallOptions
        options.memoryBytesMax = 1 << 30
        let lru = EngineSizes(options).entriesMax
        options.eviction = .s3FIFO
        let queues = EngineSizes(options).entriesMax
        #expect(abs(Double(queues) / Double(lru) - 31.0 / 33) < 0.001)
    }
}

/// Stores with each order of eviction, beside what they should hold.
@Suite("Eviction modes of a store")
struct EvictionModeTests {
    private func rig(_ eviction: EvictionMode, entriesMax: Int, diskBytesMax: UInt64) throws -> Rig
    {
        var options = Rig.smallOptions
        options.eviction = eviction
        options.entriesMax = entriesMax
        options.diskBytesMax = diskBytesMax
        return try Rig(options)
    }

    /// What is evicted is gone, and everything else is what was written last, through flushes,
    /// compaction, crashes and starts with either order.
    @Test(arguments: [1, 2, 3, 4, 5, 6] as [UInt64])
    func anEntryIsWhatWasWrittenLastOrGone(seed: UInt64) throws {
        print("seed \(seed)")
        var random = Xoshiro256(seed: seed)
        var mode = seed % 3 == 0 ? EvictionMode.lru : .s3FIFO
        var rig = try rig(mode, entriesMax: 1500, diskBytesMax: 512 << 10)
        var model: [Int: [UInt8]] = [:]
        var (found, gone) = (0, 0)
        for step in 0..<8000 {
            let number = min(random.below(4000), random.below(4000))
            let name = Array("key \(number)".utf8)
            switch random.below(1000) {
            case 0..<450:
                let value = (0..<random.below(500)).map { _ in UInt8(random.below(256)) }
                try rig.put(name, value, ttl: random.below(8) == 0 ? 60_000 : nil)
                model[number] = value
            case 450..<500:
                try rig.remove("key \(number)")
                model[number] = nil
            case 500..<960:
                guard let value = try rig.get(name)?.value else {
                    gone += model[number] == nil ? 0 : 1
                    model[number] = nil
                    continue
                }
                found += 1
                if value != model[number] { Issue.record("key \(number) at step \(step)") }
            case 960..<975: try rig.flushAll()
            case 975..<985: _ = try rig.engine.compact()
            case 985..<990: rig.engine.reclaimMemory()
            case 990..<994:
                rig.clock.advance(milliseconds: 1000)
                rig.engine.sweep()
            case 994..<996: try rig.crash(.process)
            case 996..<998: try rig.restart()
            default:
                rig.engine.close()
                mode = random.coin() ? .lru : .s3FIFO
                var options = rig.options
                options.eviction = mode
                rig = try Rig(options, disk: rig.disk, clock: rig.clock)
            }
        }
        #expect(found > 500 && gone > 50)
        #expect(rig.engine.statistics().liveEntries <= 1536)
        rig.engine.checkInvariants()
    }

    @Test func withQueuesAScanLeavesWhatIsInUse() throws {
        let favourites = 0..<600
        var kept: [EvictionMode: Int] = [:]
        for mode in EvictionMode.allCases {
            let rig = try rig(mode, entriesMax: 2048, diskBytesMax: 64 << 20)
            for number in favourites { try rig.put("key \(number)", "kept") }
            for number in favourites {
                _ = try rig.get("key \(number)")
                _ = try rig.get("key \(number)")
            }
            for number in 0..<10_000 { try rig.put("scan \(number)", "once") }
            kept[mode] = try favourites.filter { try rig.get("key \($0)") != nil }.count
            rig.engine.checkInvariants()
        }
        #expect(kept == [.lru: 0, .s3FIFO: favourites.count])
    }

    @Test func withQueuesAFullDiskKeepsWhatIsInUse() throws {
        let rig = try rig(.s3FIFO, entriesMax: 100_000, diskBytesMax: 1 << 20)
        var random = SplitMix64(seed: 4)
        func noise() -> [UInt8] {
            (0..<1000).map { _ in UInt8.random(in: 0...255, using: &random) }
        }
        for number in 0..<4000 {
            try rig.put(Array("key \(number)".utf8), noise())
            if number < 100 {
                for _ in 0..<2 { _ = try rig.get("key \(number)") }
            }
            if number % 50 == 49 { try rig.flushAll() }
        }
        let figures = rig.engine.statistics()
        #expect(figures.evictions > 2500 && figures.diskUsedBytes <= 1 << 20)
        let kept = try (0..<100).filter { try rig.get("key \($0)") != nil }.count
        #expect(kept > 90)
        rig.engine.checkInvariants()
    }
}
