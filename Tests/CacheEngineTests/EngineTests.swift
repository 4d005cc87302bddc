import CacheBase
import CacheEngine
import CacheFiles
import Testing

@Suite("Engine")
struct EngineTests {
    @Test func aWrittenEntryIsReadBackWithItsTypeAndVersion() throws {
        let rig = try Rig()
        let receipt = try rig.put("key", "value", type: "text/plain")
        #expect(receipt.outcome == .created)
        let found = try #require(try rig.get("key"))
        #expect(found.value == Array("value".utf8))
        #expect(found.type == Array("text/plain".utf8))
        #expect(found.lsn == receipt.lsn)
        #expect(try rig.get("other") == nil)
    }

    @Test func versionsRiseAndReplaceEachOther() throws {
        let rig = try Rig()
        let first = try rig.put("key", "one")
        let second = try rig.put("key", "two")
        #expect(second.outcome == .replaced)
        #expect(second.lsn > first.lsn)
        #expect(try rig.value("key") == "two")
    }

    @Test func aDeletedEntryIsGoneAndASecondDeleteSaysSo() throws {
        let rig = try Rig()
        try rig.put("key", "value")
        #expect(try rig.remove("key").outcome == .deleted)
        #expect(try rig.remove("key").outcome == .absent)
        #expect(try rig.get("key") == nil)
    }

    @Test(
        arguments: [
            [0], [0xFF, 0xFE], Array("a\0b".utf8), Array("ключ".utf8),
            [UInt8](repeating: 7, count: Limits.keyBytesDefault),
        ] as [[UInt8]])
    func keysMayBeAnyBytes(key: [UInt8]) throws {
        let rig = try Rig()
        try rig.put(key, [1, 2, 3])
        #expect(try rig.get(key)?.value == [1, 2, 3])
        try rig.flushAll()
        #expect(try rig.get(key)?.value == [1, 2, 3])
        try rig.crash(.process)
        #expect(try rig.get(key)?.value == [1, 2, 3])
    }

    @Test func emptyAndOverlongKeysAreRefusedAndWriteNothing() throws {
        let rig = try Rig()
        #expect(throws: StorageError(.invalid, "")) { try rig.put([], [1]) }
        let long = [UInt8](repeating: 1, count: Limits.keyBytesDefault + 1)
        #expect(throws: StorageError(.tooLarge, "")) { try rig.put(long, [1]) }
        #expect(rig.engine.lastLSN == .zero)
    }

    @Test func valuesUpToTheLimitAreKept() throws {
        var options = Rig.smallOptions
        options.valueBytesMax = 1 << 20
        let rig = try Rig(options)
        for size in [0, 1, 4095, 8192, 8193, 300_000, (1 << 20) - 1, 1 << 20] {
            let value = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31 ^ ($0 >> 8)) }
            try rig.put("size \(size)", String(decoding: [], as: UTF8.self))
            try rig.put(Array("size \(size)".utf8), value)
            #expect(try rig.get("size \(size)")?.value == value)
            try rig.flushAll()
            #expect(try rig.get("size \(size)")?.value == value)
        }
        let tooLong = [UInt8](repeating: 0, count: (1 << 20) + 1)
        #expect(throws: StorageError(.tooLarge, "")) { try rig.put(Array("big".utf8), tooLong) }
        try rig.crash(.process)
        #expect(try rig.get("size 1048576")?.value.count == 1 << 20)
        #expect(try rig.get("size 0")?.value == [])
    }

    @Test func incompressibleValuesAreStoredAsTheyAre() throws {
        let rig = try Rig()
        var random = SplitMix64(seed: 5)
        let value = (0..<50_000).map { _ in UInt8.random(in: 0...255, using: &random) }
        try rig.put(Array("noise".utf8), value)
        try rig.flushAll()
        try rig.crash(.process)
        let found = try #require(try rig.get("noise"))
        #expect(found.wasCold && found.value == value)
        #expect(rig.engine.statistics().diskUsedBytes < 52_000)
    }

    @Test func conditionsAreCheckedAgainstTheNewestVersionWhereverItIs() throws {
        let rig = try Rig()
        let first = try rig.put("key", "one", if: .absent)
        #expect(first.outcome == .created)
        #expect(try rig.put("key", "two", if: .absent).outcome == .conditionFailed)
        for cold in [false, true] {
            if cold {
                try rig.flushAll()
                try rig.crash(.process)
            }
            #expect(
                try rig.put("key", "x", if: .version(LSN(rawValue: 999))).outcome
                    == .conditionFailed)
            #expect(try rig.put("key", "x", if: .notVersion(first.lsn)).outcome == .conditionFailed)
            #expect(
                try rig.remove("key", if: .version(LSN(rawValue: 999))).outcome == .conditionFailed)
        }
        #expect(try rig.value("key") == "one")
        let second = try rig.put("key", "two", if: .version(first.lsn))
        #expect(second.outcome == .replaced)
        #expect(try rig.remove("key", if: .version(second.lsn)).outcome == .deleted)
        #expect(try rig.put("key", "x", if: .present).outcome == .conditionFailed)
        #expect(try rig.get("key") == nil)
    }

    @Test func aColdEntryIsReadFromDiskAndThenKeptInMemory() throws {
        let rig = try Rig()
        for number in 0..<500 { try rig.put("key \(number)", "value \(number)") }
        try rig.flushAll()
        try rig.crash(.process)
        #expect(try rig.get("key 77")?.wasCold == true)
        let again = try #require(try rig.get("key 77"))
        #expect(again.value == Array("value 77".utf8) && !again.wasCold)
        rig.engine.checkInvariants()
    }

    @Test func aClosedEngineTakesNoWrites() throws {
        let rig = try Rig()
        rig.engine.close()
        #expect(throws: StorageError(.closed, "")) { try rig.put("key", "value") }
    }

    @Test func aSecondEngineOnTheFolderIsRefused() throws {
        let rig = try Rig()
        #expect(throws: StorageError(.locked, "")) {
            try Engine.open(rig.options, files: rig.disk, clock: rig.clock)
        }
    }
}
