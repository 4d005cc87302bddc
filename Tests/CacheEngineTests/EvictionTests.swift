import CacheBase
import CacheEngine
import CacheFiles
import Testing

@Suite("Eviction")
struct EvictionTests {
    private func rig(entriesMax: Int? = nil, diskBytesMax: UInt64? = nil) throws -> Rig {
        var options = Rig.smallOptions
        options.entriesMax = entriesMax
        if let diskBytesMax { options.diskBytesMax = diskBytesMax }
        return try Rig(options)
    }

    private func noise(_ count: Int, _ random: inout SplitMix64) -> [UInt8] {
        (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
    }

    @Test func aFullIndexEvictsWhatWasUsedLeastRecently() throws {
        let rig = try rig(entriesMax: 2048)
        try rig.put("favourite", "kept")
        for number in 0..<6000 {
            try rig.put("key \(number)", "value")
            if number % 200 == 0 { #expect(try rig.value("favourite") == "kept") }
        }
        let figures = rig.engine.statistics()
        #expect(figures.liveEntries <= 2048 && figures.liveEntries > 1500)
        #expect(figures.evictions == UInt64(6001 - figures.liveEntries))
        #expect(try rig.value("favourite") == "kept")
        // Shards fill unevenly, so the youngest half of the capacity is surely there.
        for number in 5200..<6000 { #expect(try rig.value("key \(number)") == "value") }
        for number in 0..<3000 { #expect(try rig.value("key \(number)") == nil) }
        rig.engine.checkInvariants()
    }

    @Test func evictionFollowsTheExactOrderOfUse() throws {
        let rig = try rig(entriesMax: 2048)
        for number in 0..<1500 { try rig.put("key \(number)", "value") }
        // Used again in another order: every third one is now younger than all the others.
        for number in stride(from: 0, to: 1500, by: 3) { _ = try rig.get("key \(number)") }
        for number in 0..<1000 { try rig.put("new \(number)", "value") }
        var lost = (young: 0, old: 0)
        for number in 0..<1500 where try rig.get("key \(number)") == nil {
            if number % 3 == 0 { lost.young += 1 } else { lost.old += 1 }
        }
        #expect(lost.old > 300 && lost.young < 30)
    }

    @Test func segmentsStayUnderTheDiskLimitAndTheYoungestEntriesStay() throws {
        let limit: UInt64 = 1 << 20
        let rig = try rig(diskBytesMax: limit)
        var random = SplitMix64(seed: 4)
        var highest: UInt64 = 0
        for number in 0..<4000 {
            try rig.put(Array("key \(number)".utf8), noise(1000, &random))
            if number % 50 == 49 {
                try rig.flushAll()
                highest = max(highest, rig.engine.statistics().diskUsedBytes)
            }
        }
        #expect(highest <= limit && highest > limit / 2)
        let figures = rig.engine.statistics()
        #expect(figures.evictions > 2500)
        for number in 3700..<4000 { #expect(try rig.get("key \(number)")?.value.count == 1000) }
        #expect(try rig.get("key 0") == nil)
        rig.engine.checkInvariants()
        try rig.crash(.process)
        for number in 3700..<4000 { #expect(try rig.get("key \(number)")?.value.count == 1000) }
        rig.engine.checkInvariants()
    }

    @Test func overwritesAreCompactedAwayBeforeAnythingIsEvicted() throws {
        let rig = try rig(diskBytesMax: 1 << 20)
        var random = SplitMix64(seed: 9)
        var latest: [Int: [UInt8]] = [:]
        for step in 0..<4000 {
            let key = Int.random(in: 0..<300, using: &random)
            let value = noise(1000, &random)
            try rig.put(Array("key \(key)".utf8), value)
            latest[key] = value
            if step % 50 == 49 {
                try rig.flushAll()
                _ = try rig.engine.compact()
            }
        }
        let figures = rig.engine.statistics()
        #expect(figures.evictions == 0 && figures.compactions > 0)
        #expect(figures.diskUsedBytes <= 1 << 20)
        for (key, value) in latest { #expect(try rig.get("key \(key)")?.value == value) }
        rig.engine.checkInvariants()
    }

    @Test func theHotTierGivesItsMemoryBackAndLosesNothing() throws {
        var options = Rig.smallOptions
        options.memoryBytesMax = 64 << 20
        options.logFileBytes = 4 << 20
        options.segmentBytes = 1 << 20
        options.diskBytesMax = 256 << 20
        let rig = try Rig(options)
        var random = SplitMix64(seed: 2)
        let filler = noise(9000, &random)
        for number in 0..<6000 {
            var value = filler
            value[0] = UInt8(truncatingIfNeeded: number)
            value[1] = UInt8(truncatingIfNeeded: number >> 8)
            try rig.put(Array("key \(number)".utf8), value)
            if number % 400 == 399 {
                try rig.flushAll()
                rig.engine.reclaimMemory()
            }
        }
        try rig.flushAll()
        rig.engine.reclaimMemory()
        #expect(rig.engine.statistics().hotBytes <= 48 << 20)
        for number in 0..<6000 {
            let found = try #require(try rig.get("key \(number)"))
            #expect(found.value[0] == UInt8(truncatingIfNeeded: number))
            #expect(found.value[1] == UInt8(truncatingIfNeeded: number >> 8))
            if number % 500 == 0 { rig.engine.reclaimMemory() }
        }
        rig.engine.checkInvariants()
    }
}
