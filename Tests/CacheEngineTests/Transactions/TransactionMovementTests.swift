import CacheBase
import CacheEngine
import CacheFiles
import Testing

/// Entries move between log, segments and memory, and are forgotten; none of it is a change.
@Suite("Transactions and moving entries")
struct TransactionMovementTests {
    /// What is in a segment is only there: its version is known to the disk alone.
    private func coldRig(_ disk: SimulatedFileSystem? = nil) throws -> Rig {
        var options = Rig.smallOptions
        options.hotTier = false
        return try Rig(options, disk: disk)
    }

    /// A value that no codec makes much smaller.
    private func noise(_ number: Int) -> String {
        var random = Xoshiro256(seed: UInt64(number))
        return (0..<20).map { _ in String(random.next(), radix: 36) }.joined()
    }

    @Test func flushingAndCompactingAreNoConflicts() throws {
        let rig = try coldRig()
        for number in 0..<400 { try rig.put("key \(number)", noise(number)) }
        let id = try rig.begin()
        for number in stride(from: 0, to: 400, by: 5) {
            #expect(try rig.value("key \(number)", in: id) == noise(number))
        }
        try rig.put("key 0", "own", in: id)
        // Into the same segments go younger entries; then most of the others are deleted.
        for number in 0..<40 { try rig.put("late \(number)", noise(number)) }
        try rig.flushAll()
        for number in 0..<400 where number % 5 != 0 { try rig.remove("key \(number)") }
        try rig.flushAll()
        while try rig.engine.compact() {}
        #expect(rig.engine.statistics().compactions > 0)
        for number in stride(from: 5, to: 400, by: 5) {
            #expect(try rig.value("key \(number)", in: id) == noise(number))
        }
        try rig.commit(id)
        #expect(try rig.value("key 0") == "own")
        rig.engine.checkInvariants()
    }

    @Test func aChangeThatWasFlushedAndCompactedIsStillOne() throws {
        let rig = try coldRig()
        for number in 0..<400 { try rig.put("key \(number)", "value") }
        try rig.flushAll()
        let id = try rig.begin()
        #expect(try rig.value("key 5", in: id) == "value")
        for number in 0..<390 { try rig.put("key \(number)", "newer") }
        try rig.flushAll()
        while try rig.engine.compact() {}
        #expect(try rig.conflicts(id))
    }

    @Test func aCommitThatMustAskTheDiskDoesSoOnlyWhereItMay() throws {
        let disk = SimulatedFileSystem(seed: 1)
        let rig = try coldRig(disk)
        try rig.put("a", "1")
        let id = try rig.begin()
        #expect(try rig.value("a", in: id) == "1")
        try rig.put("b", "2")
        // Both are in a segment now whose newest version is younger than the start.
        try rig.flushAll()
        try rig.put("c", "own", in: id)
        disk.readsCached = false
        let transactions = rig.engine.transactions
        #expect(
            try transactions.commit(id, scratch: ReadScratch(), mayBlock: false) == .wouldBlock)
        #expect(try rig.state(id) == .open)
        try rig.commit(id)
        #expect(try rig.value("c") == "own")
    }

    @Test func aReadThatMustAskTheDiskDoesSoOnlyWhereItMay() throws {
        let disk = SimulatedFileSystem(seed: 1)
        let rig = try Rig(disk: disk)
        try rig.put("a", "1")
        try rig.flushAll()
        try rig.restart()
        disk.readsCached = false
        let id = try rig.begin()
        let outcome = try Array("a".utf8).withUnsafeBytes {
            try rig.engine.transactions.read(
                id, rig.engine.key($0), scratch: ReadScratch(), mayBlock: false
            ) { _ in }
        }
        #expect(outcome == .wouldBlock)
        #expect(try rig.value("a", in: id) == "1")
        #expect(try rig.conflicts(id) == false)
    }

    @Test func anEvictionIsNoConflictButAReadOfItThatWouldNotRepeatIs() throws {
        var options = Rig.smallOptions
        options.entriesMax = 1024
        let rig = try Rig(options)
        try rig.put("a", "1")
        let reader = try rig.begin()
        let repeater = try rig.begin()
        for id in [reader, repeater] { #expect(try rig.value("a", in: id) == "1") }
        try rig.put("of reader", "1", in: reader)
        for number in 0..<4000 { try rig.put("key \(number)", "value") }
        #expect(try rig.value("a") == nil)
        #expect(try rig.conflicts(reader) == false)
        #expect(throws: TransactionError.conflict) { try rig.value("a", in: repeater) }
    }

    @Test func aChangeThatWasEvictedIsStillOne() throws {
        var options = Rig.smallOptions
        options.entriesMax = 1024
        for isFlushed in [false, true] {
            let rig = try Rig(options)
            try rig.put("a", "1")
            let id = try rig.begin()
            #expect(try rig.value("a", in: id) == "1")
            try rig.put("a", "2")
            if isFlushed { try rig.flushAll() }
            for number in 0..<4000 { try rig.put("key \(number)", "value") }
            #expect(try rig.value("a") == nil)
            #expect(try rig.conflicts(id))
        }
    }

    @Test func anExpiryIsNoConflictButAReadOfItThatWouldNotRepeatIs() throws {
        let rig = try Rig()
        try rig.put("a", "1", ttl: 1000)
        try rig.put("b", "1", ttl: 1000)
        try rig.flushAll()
        let reader = try rig.begin()
        let repeater = try rig.begin()
        for id in [reader, repeater] { #expect(try rig.value("a", in: id) == "1") }
        rig.clock.advance(milliseconds: 2000)
        rig.engine.sweep()
        #expect(try rig.value("b", in: reader) == nil)
        try rig.put("of reader", "1", in: reader)
        #expect(try rig.conflicts(reader) == false)
        #expect(throws: TransactionError.conflict) { try rig.value("a", in: repeater) }
    }

    @Test func aDamagedBlockIsAnErrorAndTheTransactionStaysOpen() throws {
        let rig = try Rig()
        try rig.put("a", "1")
        try rig.flushAll()
        try rig.restart()
        let id = try rig.begin()
        let segment = try #require(rig.disk.files.first { $0.path.hasSuffix(".seg") })
        try rig.disk.flip(segment.path, at: 100)
        #expect(throws: TransactionError.storage(StorageError(.corruption, ""))) {
            try rig.value("a", in: id)
        }
        #expect(try rig.state(id) == .open)
    }
}
