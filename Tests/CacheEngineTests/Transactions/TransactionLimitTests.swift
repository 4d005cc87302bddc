import CacheBase
import CacheEngine
import CacheFiles
import Testing

@Suite("Limits of transactions")
struct TransactionLimitTests {
    @Test func oneStartBeyondTheLimitIsRefusedUntilAnotherEnds() throws {
        let rig = try Rig()
        let ids = try (0..<Limits.transactionsOpenMax).map { _ in try rig.begin() }
        #expect(throws: TransactionError.tooMany) { try rig.begin() }
        #expect(rig.engine.statistics().transactionsOpen == Limits.transactionsOpenMax)
        try rig.engine.transactions.rollback(ids[7])
        _ = try rig.begin()
        #expect(throws: TransactionError.tooMany) { try rig.begin() }
        // Those whose time is over make room by themselves.
        rig.clock.advance(milliseconds: rig.options.transactionTimeoutMilliseconds)
        _ = try rig.begin()
        #expect(rig.engine.transactions.openCount == 1)
        rig.engine.checkInvariants()
    }

    @Test func aKeyBeyondTheLimitIsRefusedAndTheTransactionGoesOn() throws {
        let rig = try Rig()
        let id = try rig.begin()
        for number in 0..<Limits.transactionKeysMax / 2 {
            _ = try rig.value("read \(number)", in: id)
            try rig.put("written \(number)", "1", in: id)
        }
        #expect(throws: TransactionError.tooLarge) { try rig.put("more", "1", in: id) }
        #expect(throws: TransactionError.tooLarge) { try rig.value("more", in: id) }
        try rig.put("written 0", "2", in: id)
        #expect(try rig.value("read 0", in: id) == nil)
        try rig.commit(id)
        #expect(try rig.value("written 0") == "2")
        #expect(try rig.value("more") == nil)
        rig.engine.checkInvariants()
    }

    @Test func bytesBeyondAnEighthOfTheMemoryAreRefused() throws {
        let rig = try Rig()
        let value = String(repeating: "x", count: 1 << 20)
        let id = try rig.begin()
        for number in 0..<7 { try rig.put("key \(number)", value, in: id) }
        #expect(throws: TransactionError.tooLarge) {
            try rig.put("more", value + value, in: id)
        }
        // A second one does not fit beside it, for now.
        let other = try rig.begin()
        #expect(throws: TransactionError.storage(StorageError(.overloaded, ""))) {
            try rig.put("other", value, in: other)
        }
        // A write over another takes its place.
        try rig.put("key 0", "short", in: id)
        try rig.commit(id)
        try rig.put("other", value, in: other)
        try rig.commit(other)
        #expect(try rig.value("key 6") == value)
        rig.engine.checkInvariants()
    }

    @Test func anOverdueOneIsRolledBackWhenUsedOrAskedFor() throws {
        let rig = try Rig()
        let ids = try (0..<5).map { _ in try rig.begin() }
        for id in ids { try rig.put("a", "1", in: id) }
        rig.clock.advance(milliseconds: rig.options.transactionTimeoutMilliseconds - 1)
        #expect(try rig.state(ids[0]) == .open)
        rig.clock.advance(milliseconds: 1)
        let over = TransactionError.ended(.timedOut)
        #expect(try rig.state(ids[0]) == .timedOut)
        #expect(throws: over) { try rig.value("a", in: ids[1]) }
        #expect(throws: over) { try rig.put("a", "2", in: ids[2]) }
        #expect(throws: over) { try rig.commit(ids[3]) }
        #expect(rig.engine.transactions.openCount == 1)
        rig.engine.sweep()
        #expect(rig.engine.transactions.openCount == 0)
        #expect(throws: over) { try rig.engine.transactions.rollback(ids[4]) }
        #expect(rig.engine.statistics().transactionsTimedOut == 5)
        #expect(try rig.value("a") == nil)
        rig.engine.checkInvariants()
    }

    @Test func aChangedTimeoutHoldsForOpenOnes() throws {
        let rig = try Rig()
        let id = try rig.begin()
        rig.clock.advance(milliseconds: 20_000)
        rig.engine.transactions.setTimeout(milliseconds: 20_001)
        #expect(try rig.state(id) == .open)
        rig.engine.transactions.setTimeout(milliseconds: 20_000)
        #expect(try rig.state(id) == .timedOut)
    }

    @Test func anIdIsNeitherGuessedNorTakenFromAnotherStore() throws {
        let rig = try Rig()
        let id = try rig.begin()
        let text = id.text
        #expect(text.utf8.count == TransactionID.textBytes)
        #expect(parsed(text) == id)
        for place in text.indices {
            var forged = text
            forged.replaceSubrange(place...place, with: text[place] == "0" ? "1" : "0")
            let other = try #require(parsed(forged))
            #expect(throws: TransactionError.unknown) { try rig.value("a", in: other) }
            #expect(try rig.state(other) == .unknown)
        }
        for text in [
            "", "1", text + "0", text.uppercased() + "G", String(repeating: "g", count: 32),
        ] {
            #expect(parsed(text) == nil)
        }
        var options = Rig.smallOptions
        options.identitySeed = 2
        let stranger = try Rig(options)
        _ = try stranger.begin()
        #expect(try stranger.state(id) == .unknown)
    }

    private func parsed(_ text: String) -> TransactionID? {
        Array(text.utf8).withUnsafeBytes { TransactionID(text: $0) }
    }

    @Test func aStartMakesTheNumbersOfTheProcessDurableOnceAndOnlyWhereItMayBlock() throws {
        let rig = try Rig()
        let transactions = rig.engine.transactions
        #expect(try transactions.start(mayBlock: false) == nil)
        let first = try rig.begin()
        #expect(rig.engine.durableLSN == rig.engine.lastLSN)
        let second = try #require(try transactions.start(mayBlock: false))
        #expect(first.number.incarnation == second.number.incarnation)
        try rig.crash(.power(seed: 3))
        #expect(try rig.begin().number.incarnation == first.number.incarnation + 1)
    }

    @Test func aStartOnAPoisonedLogIsRefused() throws {
        let rig = try Rig()
        rig.disk.inject(FileFault(.io, on: [.sync]))
        #expect(throws: TransactionError.storage(StorageError(.io, ""))) { try rig.begin() }
        #expect(throws: TransactionError.storage(StorageError(.poisoned, ""))) { try rig.begin() }
        try rig.crash(.power(seed: 1))
        _ = try rig.begin()
    }

    @Test func aCommitThatTheLogRefusesMayBeRepeated() throws {
        let rig = try Rig()
        let id = try rig.begin()
        try rig.put("a", String(repeating: "x", count: 200_000), in: id)
        // The record needs a log file of its own, for which there is no room.
        rig.disk.capacityBytes = 1
        #expect(throws: TransactionError.storage(StorageError(.noSpace, ""))) {
            try rig.commit(id)
        }
        #expect(try rig.state(id) == .open)
        #expect(try rig.value("a") == nil)
        rig.disk.capacityBytes = nil
        try rig.commit(id)
        #expect(try rig.value("a")?.utf8.count == 200_000)
        rig.engine.checkInvariants()
    }
}
