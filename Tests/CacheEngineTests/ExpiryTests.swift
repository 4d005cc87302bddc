import CacheBase
import CacheEngine
import CacheFiles
import Testing

@Suite("Expiry")
struct ExpiryTests {
    @Test(arguments: [false, true])
    func anEntryEndsInTheMillisecondItsTimeIsUp(cold: Bool) throws {
        let rig = try Rig()
        try rig.put("key", "value", ttl: 1500)
        if cold {
            try rig.flushAll()
            try rig.crash(.process)
        }
        rig.clock.advance(milliseconds: 1499)
        #expect(try rig.value("key") == "value")
        rig.clock.advance(milliseconds: 1)
        #expect(try rig.get("key") == nil)
        #expect(try rig.remove("key").outcome == .absent)
    }

    @Test func anExpiredEntryCountsAsAbsentForConditions() throws {
        let rig = try Rig()
        try rig.put("key", "old", ttl: 10)
        rig.clock.advance(milliseconds: 10)
        #expect(try rig.put("key", "new", if: .absent).outcome == .created)
        #expect(try rig.value("key") == "new")
    }

    @Test func aClockSetBackBringsNothingBack() throws {
        let rig = try Rig()
        try rig.put("key", "value", ttl: 1000)
        try rig.flushAll()
        rig.clock.advance(milliseconds: 1000)
        #expect(try rig.get("key") == nil)
        rig.clock.step(to: Timestamp(rawValue: 0))
        #expect(try rig.get("key") == nil)
    }

    @Test func theHighWaterMarkOfTimeSurvivesARestart() throws {
        let disk = SimulatedFileSystem(seed: 1)
        let rig = try Rig(disk: disk)
        try rig.put("short", "value", ttl: 1000)
        try rig.put("long", "value")
        rig.clock.advance(milliseconds: 1000)
        try rig.flushAll()
        disk.crash(.process)
        let past = Clock.manual(start: Timestamp(rawValue: 1))
        let later = try Rig(disk: disk, clock: past)
        #expect(try later.get("short") == nil)
        #expect(try later.value("long") == "value")
    }

    @Test func theSweepTakesExpiredEntriesThatNobodyReads() throws {
        let rig = try Rig()
        for number in 0..<3000 {
            try rig.put("key \(number)", "value", ttl: number % 2 == 0 ? 5000 : nil)
        }
        rig.clock.advance(milliseconds: 4000)
        rig.engine.sweep()
        #expect(rig.engine.statistics().liveEntries == 3000)
        rig.clock.advance(milliseconds: 1000)
        rig.engine.sweep()
        let figures = rig.engine.statistics()
        #expect(figures.liveEntries == 1500 && figures.expirations == 1500)
        rig.engine.checkInvariants()
    }

    @Test func segmentsThatExpireTogetherAreDeletedUnread() throws {
        let rig = try Rig()
        for number in 0..<2000 { try rig.put("short \(number)", "value", ttl: 30_000) }
        for number in 0..<2000 { try rig.put("long \(number)", "value \(number)") }
        try rig.flushAll()
        rig.clock.advance(milliseconds: 31_000)
        rig.engine.sweep()
        while try rig.engine.compact() {}
        let figures = rig.engine.statistics()
        #expect(figures.compactedBytes == 0)
        #expect(figures.diskLiveBytes * 10 > figures.diskUsedBytes * 8)
        #expect(try rig.value("long 1999") == "value 1999")
        rig.engine.checkInvariants()
    }

    @Test func anEndlessTTLNeverExpires() throws {
        let rig = try Rig()
        try rig.put("key", "value", ttl: .max)
        rig.clock.advance(milliseconds: 1 << 50)
        rig.engine.sweep()
        #expect(try rig.value("key") == "value")
    }
}
