import CacheBase
import CacheFiles
import Testing

@testable import CacheEngine

/// Limits and modes that change while the engine runs.
@Suite("Changes of limits")
struct LimitsTests {
    @Test func theMemoryChangesWithinWhatWasLaidOut() throws {
        var options = Rig.smallOptions
        options.memoryBytesMax = 256 << 20
        let rig = try Rig(options)
        #expect(rig.engine.memoryBytesRange == (64 << 20)...(1 << 30))
        for bytes: UInt64 in [1 << 30, 64 << 20, 300 << 20] {
            rig.engine.setMemoryMax(bytes)
            #expect(rig.engine.statistics().memoryBytesMax == bytes)
            try rig.put("key", "value")
            #expect(try rig.value("key") == "value")
        }
    }

    @Test func anIndexGivenLessMemoryGrowsNoFurther() throws {
        let rig = try Rig()
        // As many entries as the smallest index holds in one shard, and more, are written later.
        let before = rig.engine.parts.index.sum { $0.capacity }
        var options = Rig.smallOptions
        options.memoryBytesMax = 256 << 20
        let large = try Rig(options)
        #expect(large.engine.parts.index.sum { $0.capacity } > before)
        large.engine.setMemoryMax(64 << 20)
        let after = large.engine.parts.index.sum { $0.capacity }
        #expect(after < 2 * before)
        large.engine.setMemoryMax(1 << 30)
        // Never more than there are slots for.
        #expect(large.engine.parts.index.sum { max(0, $0.capacity - $0.slotsMax) } == 0)
        #expect(large.engine.parts.index.sum { $0.capacity } > after)
    }

    @Test func aSmallerDiskEvictsAndGivesItsSpaceBack() throws {
        let rig = try Rig()
        // Two bytes of every three hold 40 % of what compression would take: so of noise.
        var random = SplitMix64(seed: 7)
        for number in 0..<600 {
            let value = (0..<8_000).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            try rig.put(Array("key-\(number)".utf8), value)
            if number % 50 == 49 { try rig.flushAll() }
        }
        let before = rig.engine.statistics()
        #expect(before.diskUsedBytes > 3 << 20)
        rig.engine.setDiskMax(2 << 20)
        while try rig.engine.compact() {}
        let after = rig.engine.statistics()
        #expect(after.diskMaxIs(2 << 20))
        #expect(after.diskUsedBytes <= 2 << 20)
        #expect(after.evictions > before.evictions)
        #expect(after.liveEntries < before.liveEntries)
        #expect(try rig.value("key-599") != nil)
        rig.engine.checkInvariants()
    }

    @Test func syncAlwaysHoldsForReadsAndWritesFromNowOn() throws {
        let rig = try Rig()
        try rig.put("before", "1")
        #expect(!rig.engine.answersWaitForSync)
        rig.engine.setSync(.always)
        #expect(rig.engine.answersWaitForSync)
        let receipt = try rig.put("after", "2")
        #expect(rig.engine.durableLSN < receipt.lsn)
        // The rig's read waits for durability, as a client's does.
        #expect(try rig.value("after") == "2")
        #expect(rig.engine.durableLSN >= receipt.lsn)
        rig.engine.setSync(.never)
        #expect(!rig.engine.answersWaitForSync)
        let last = try rig.put("last", "3")
        #expect(try rig.value("last") == "3")
        #expect(rig.engine.durableLSN < last.lsn)
    }

    @Test func whatWasAcknowledgedBeforeTheChangeIsSyncedWithIt() throws {
        var options = Rig.smallOptions
        options.backgroundWork = true
        options.sync = .never
        let rig = try Rig(options, clock: .system())
        let receipt = try rig.put("before", "1")
        rig.engine.setSync(.always)
        // The sync thread does it without being asked again.
        try rig.engine.waitUntilDurable(receipt.lsn)
        #expect(rig.engine.durableLSN >= receipt.lsn)
        rig.engine.close()
    }

    @Test func syncsFlushesAndCompactionsAreTimed() throws {
        let rig = try Rig()
        for number in 0..<200 {
            try rig.put("key-\(number % 20)", String(repeating: "x", count: 3000))
        }
        try rig.flushAll()
        for number in 0..<20 { try rig.remove("key-\(number)") }
        try rig.flushAll()
        while try rig.engine.compact() {}
        let figures = rig.engine.statistics()
        #expect(figures.syncTimes.count == figures.syncs)
        #expect(figures.syncs > 0)
        #expect(figures.flushTimes.count == figures.flushes)
        #expect(figures.flushes > 0)
        #expect(figures.writeAmplification >= 1)
        #expect(figures.lastLSN == rig.engine.lastLSN && figures.lastLSN.rawValue >= 220)
        #expect(figures.acceptsWrites)
    }

    @Test func openingTellsHowFarItIs() throws {
        let disk = SimulatedFileSystem(seed: 1)
        let rig = try Rig(disk: disk)
        for number in 0..<60 {
            try rig.put("key-\(number)", String(repeating: "x", count: 3000))
            if number % 20 == 19 { try rig.flushAll() }
        }
        let segments = rig.engine.statistics().segments
        rig.engine.close()
        let seen = Seen()
        var options = Rig.smallOptions
        options.observer = { event in
            if case .recovering(let progress) = event { seen.add(progress) }
        }
        let again = try Rig(options, disk: disk)
        #expect(seen.all.map(\.segmentsLoaded) == Array(0..<segments))
        #expect(seen.all.allSatisfy { $0.segments == segments })
        again.engine.close()
    }
}

/// What an observer has heard.
private final class Seen: @unchecked Sendable {
    // Safe because: the engine calls its observer on the thread that opens it.
    private(set) var all: [RecoveryProgress] = []

    func add(_ progress: RecoveryProgress) { all.append(progress) }
}

extension EngineStatistics {
    fileprivate func diskMaxIs(_ bytes: UInt64) -> Bool { diskBytesMax == bytes }
}
