import CacheBase
import CacheEngine
import CacheFiles
import Testing

@Suite("What a transaction sees")
struct TransactionViewTests {
    @Test func itsOwnWritesAndTheStateAtItsStart() throws {
        let rig = try Rig()
        try rig.put("a", "1")
        try rig.put("b", "2")
        let id = try rig.begin()
        #expect(try rig.value("a", in: id) == "1")
        #expect(try rig.put("a", "own", in: id) == .replaced)
        #expect(try rig.value("a", in: id) == "own")
        #expect(try rig.remove("b", in: id) == .deleted)
        #expect(try rig.value("b", in: id) == nil)
        #expect(try rig.remove("b", in: id) == .absent)
        #expect(try rig.put("c", "new", in: id) == .created)
        #expect(try rig.value("c", in: id) == "new")
        #expect(try rig.value("d", in: id) == nil)
    }

    @Test func nothingIsSeenOutsideBeforeTheCommitAndAllOfItAfter() throws {
        let rig = try Rig()
        try rig.put("b", "2")
        let id = try rig.begin()
        try rig.put("a", "1", in: id)
        try rig.remove("b", in: id)
        #expect(try rig.value("a") == nil)
        #expect(try rig.value("b") == "2")
        let lsn = try rig.commit(id)
        #expect(try rig.get("a")?.lsn == lsn)
        #expect(try rig.value("b") == nil)
        #expect(rig.engine.durableLSN >= lsn)
        rig.engine.checkInvariants()
    }

    @Test func theLastWriteOfAKeyCounts() throws {
        let rig = try Rig()
        let id = try rig.begin()
        try rig.put("a", "1", in: id)
        try rig.remove("a", in: id)
        try rig.put("a", "a longer value than before", in: id)
        try rig.put("b", "1", in: id)
        try rig.remove("b", in: id)
        let before = rig.engine.lastLSN
        #expect(try rig.commit(id) == before.next)
        #expect(try rig.value("a") == "a longer value than before")
        #expect(try rig.value("b") == nil)
    }

    @Test func aRolledBackOneLeavesNothing() throws {
        let rig = try Rig()
        let id = try rig.begin()
        try rig.put("a", "1", in: id)
        let before = rig.engine.lastLSN
        try rig.engine.transactions.rollback(id)
        #expect(rig.engine.lastLSN == before)
        #expect(try rig.value("a") == nil)
        #expect(try rig.state(id) == .rolledBack)
        rig.engine.checkInvariants()
    }

    @Test func manyKeysFromMemoryAndDisk() throws {
        let rig = try Rig()
        for number in 0..<300 { try rig.put("key \(number)", "\(number)") }
        try rig.flushAll()
        try rig.restart()
        let id = try rig.begin()
        for number in 0..<300 {
            #expect(try rig.value("key \(number)", in: id) == "\(number)")
            try rig.put("key \(number)", "new \(number)", in: id)
        }
        for number in 0..<300 {
            #expect(try rig.value("key \(number)", in: id) == "new \(number)")
        }
        try rig.commit(id)
        try rig.crash(.power(seed: 1))
        for number in 0..<300 { #expect(try rig.value("key \(number)") == "new \(number)") }
        rig.engine.checkInvariants()
    }

    @Test func aLifeCountsFromTheWriteInside() throws {
        let rig = try Rig()
        let id = try rig.begin()
        try rig.put("short", "1", ttl: 1000, in: id)
        try rig.put("long", "1", ttl: 5000, in: id)
        rig.clock.advance(milliseconds: 1000)
        #expect(try rig.value("short", in: id) == nil)
        #expect(try rig.put("short", "2", ttl: 100, if: .absent, in: id) == .created)
        rig.clock.advance(milliseconds: 100)
        try rig.commit(id)
        #expect(try rig.value("short") == nil)
        #expect(try rig.value("long") == "1")
        rig.clock.advance(milliseconds: 3900)
        #expect(try rig.value("long") == nil)
    }

    @Test func conditionsAreEvaluatedOnItsView() throws {
        let rig = try Rig()
        let version = try rig.put("a", "1").lsn
        let id = try rig.begin()
        #expect(try rig.put("a", "2", if: .absent, in: id) == .conditionFailed)
        #expect(try rig.put("a", "2", if: .version(version.next), in: id) == .conditionFailed)
        #expect(try rig.put("a", "2", if: .version(version), in: id) == .replaced)
        // An own write has no version that anybody could name.
        #expect(try rig.put("a", "3", if: .version(version), in: id) == .conditionFailed)
        #expect(try rig.put("a", "3", if: .version(.zero), in: id) == .conditionFailed)
        #expect(try rig.put("a", "3", if: .notVersion(.zero), in: id) == .replaced)
        #expect(try rig.put("a", "4", if: .present, in: id) == .replaced)
        #expect(try rig.remove("b", if: .present, in: id) == .conditionFailed)
        #expect(try rig.put("b", "1", if: .absent, in: id) == .created)
        #expect(try rig.put("b", "2", if: .absent, in: id) == .conditionFailed)
        #expect(try rig.remove("b", if: .notVersion(version), in: id) == .deleted)
        try rig.commit(id)
        #expect(try rig.value("a") == "4")
        #expect(try rig.value("b") == nil)
    }

    @Test func aConditionOnTheVersionOfAColdEntryAsksTheDisk() throws {
        let rig = try Rig()
        let version = try rig.put("a", "1").lsn
        try rig.flushAll()
        try rig.restart()
        let id = try rig.begin()
        #expect(try rig.put("a", "2", if: .version(version.next), in: id) == .conditionFailed)
        #expect(try rig.put("a", "2", if: .version(version), in: id) == .replaced)
        try rig.commit(id)
        #expect(try rig.value("a") == "2")
    }

    @Test func anEntryTooLargeIsRefusedAndTheTransactionGoesOn() throws {
        var options = Rig.smallOptions
        options.keyBytesMax = 10
        options.valueBytesMax = 10
        let rig = try Rig(options)
        let id = try rig.begin()
        let tooLarge = TransactionError.storage(StorageError(.tooLarge, ""))
        #expect(throws: tooLarge) { try rig.put("a", "eleven byte", in: id) }
        #expect(throws: tooLarge) { try rig.put("eleven byte", "a", in: id) }
        #expect(throws: TransactionError.storage(StorageError(.invalid, ""))) {
            try rig.remove("", in: id)
        }
        try rig.put("a", "1", in: id)
        try rig.commit(id)
        #expect(try rig.value("a") == "1")
    }

    @Test func inAlwaysAReadWaitsForWhatACrashCouldTakeBack() throws {
        var options = Rig.smallOptions
        options.sync = .always
        let rig = try Rig(options)
        let warm = try rig.begin()
        let receipt = try rig.put("a", "1")
        let id = try rig.begin()
        let outcome = try Array("a".utf8).withUnsafeBytes {
            try rig.engine.transactions.read(
                id, rig.engine.key($0), scratch: ReadScratch(), mayBlock: true
            ) { _ in }
        }
        #expect(outcome == .notDurable(receipt.lsn))
        #expect(try rig.value("a", in: id) == "1")
        #expect(rig.engine.durableLSN >= receipt.lsn)
        try rig.commit(id)
        try rig.engine.transactions.rollback(warm)
    }
}
