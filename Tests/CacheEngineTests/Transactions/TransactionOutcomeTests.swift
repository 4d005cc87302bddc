import CacheBase
import CacheEngine
import CacheFiles
import Testing

@Suite("Outcomes of transactions")
struct TransactionOutcomeTests {
    private struct Ended {
        let committed: TransactionID
        let rolledBack: TransactionID
        let timedOut: TransactionID
        let conflicted: TransactionID
        let open: TransactionID
    }

    private func endSome(_ rig: Rig) throws -> Ended {
        let timedOut = try rig.begin()
        rig.clock.advance(milliseconds: rig.options.transactionTimeoutMilliseconds)
        let committed = try rig.begin()
        try rig.put("a", "1", in: committed)
        try rig.commit(committed)
        let rolledBack = try rig.begin()
        try rig.engine.transactions.rollback(rolledBack)
        let conflicted = try rig.begin()
        try rig.put("a", "2", in: conflicted)
        try rig.put("a", "3")
        #expect(try rig.conflicts(conflicted))
        #expect(try rig.state(timedOut) == .timedOut)
        return Ended(
            committed: committed, rolledBack: rolledBack, timedOut: timedOut,
            conflicted: conflicted, open: try rig.begin())
    }

    @Test func areToldToWhoeverUsesOrAsks() throws {
        let rig = try Rig()
        let ended = try endSome(rig)
        #expect(try rig.state(ended.open) == .open)
        for (id, state) in [
            (ended.committed, TransactionState.committed), (ended.rolledBack, .rolledBack),
            (ended.timedOut, .timedOut), (ended.conflicted, .rolledBack),
        ] {
            #expect(try rig.state(id) == state)
            #expect(throws: TransactionError.ended(state)) { try rig.value("a", in: id) }
            #expect(throws: TransactionError.ended(state)) { try rig.commit(id) }
            #expect(throws: TransactionError.ended(state)) {
                try rig.engine.transactions.rollback(id)
            }
        }
        rig.engine.checkInvariants()
    }

    @Test(arguments: [false, true], [false, true])
    func areKnownAfterACrash(isFlushed: Bool, losesPower: Bool) throws {
        let rig = try Rig()
        let ended = try endSome(rig)
        // A checkpoint tells what the trimmed log no longer does.
        if isFlushed { try rig.flushAll() }
        try rig.crash(losesPower ? .power(seed: 5) : .process)
        for _ in 0..<3 {
            #expect(try rig.state(ended.committed) == .committed)
            #expect(try rig.state(ended.rolledBack) == .rolledBack)
            #expect(try rig.state(ended.conflicted) == .rolledBack)
            #expect(try rig.state(ended.open) == .rolledBack)
            #expect(try rig.state(ended.timedOut) == (isFlushed ? .timedOut : .rolledBack))
            #expect(throws: TransactionError.ended(.rolledBack)) { try rig.commit(ended.open) }
            _ = try rig.begin()
            try rig.restart()
        }
    }

    @Test func areForgottenAfterTheRetentionAndNotBefore() throws {
        let rig = try Rig()
        let ended = try endSome(rig)
        try rig.restart()
        rig.clock.advance(milliseconds: Limits.outcomeRetentionMilliseconds)
        rig.engine.sweep()
        #expect(try rig.state(ended.committed) == .committed)
        #expect(try rig.state(ended.open) == .rolledBack)
        rig.clock.advance(milliseconds: 1)
        rig.engine.sweep()
        #expect(try rig.state(ended.committed) == .unknown)
        #expect(try rig.state(ended.open) == .unknown)
    }

    @Test func aGroupIsForgottenWhenAllOfItsTransactionsEndedLongAgo() throws {
        let rig = try Rig()
        rig.engine.transactions.setTimeout(milliseconds: 3_600_000)
        let long = try rig.begin()
        var ids: [TransactionID] = []
        for _ in 0..<9000 {
            let id = try rig.begin()
            try rig.engine.transactions.rollback(id)
            ids.append(id)
        }
        rig.clock.advance(milliseconds: Limits.outcomeRetentionMilliseconds + 1)
        rig.engine.sweep()
        // The first group waits for the one that is open; the second is behind it; the third is
        // not full.
        #expect(try rig.state(ids[0]) == .rolledBack)
        try rig.engine.transactions.rollback(long)
        rig.clock.advance(milliseconds: Limits.outcomeRetentionMilliseconds + 1)
        rig.engine.sweep()
        #expect(try rig.state(long) == .unknown)
        #expect(try rig.state(ids[0]) == .unknown)
        #expect(try rig.state(ids[5000]) == .unknown)
        #expect(try rig.state(ids[8999]) == .rolledBack)
        #expect(throws: TransactionError.unknown) { try rig.value("a", in: ids[0]) }
        try rig.flushAll()
        try rig.restart()
        #expect(try rig.state(ids[0]) == .unknown)
        #expect(try rig.state(ids[8999]) == .rolledBack)
    }

    @Test func aCommitIsToldOnlyWhenNoCrashCanTakeItBack() throws {
        let rig = try Rig()
        let id = try rig.begin()
        try rig.put("a", "1", in: id)
        let transactions = rig.engine.transactions
        let commit = try transactions.commit(id, scratch: ReadScratch(), mayBlock: true)
        guard case .committed(let lsn) = commit else {
            Issue.record("not committed")
            return
        }
        #expect(transactions.state(of: id) == .notDurable(lsn))
        #expect(throws: TransactionError.busy) { try rig.value("a", in: id) }
        try rig.engine.waitUntilDurable(lsn)
        #expect(transactions.state(of: id) == .known(.committed))
    }

    @Test func oneThatOnlyReadHasAnOutcomeToo() throws {
        let rig = try Rig()
        try rig.put("a", "1")
        let reader = try rig.begin()
        #expect(try rig.value("a", in: reader) == "1")
        try rig.commit(reader)
        let idle = try rig.begin()
        try rig.commit(idle)
        try rig.crash(.power(seed: 2))
        #expect(try rig.state(reader) == .committed)
        #expect(try rig.state(idle) == .committed)
    }

    @Test func manyIncarnationsAreRemembered() throws {
        let rig = try Rig()
        var ids: [TransactionID] = []
        for number in 0..<20 {
            let id = try rig.begin()
            try rig.put("key \(number)", "1", in: id)
            if number % 2 == 0 { try rig.commit(id) }
            if number % 3 == 0 { try rig.flushAll() }
            ids.append(id)
            try rig.crash(number % 4 == 0 ? .power(seed: UInt64(number)) : .process)
        }
        for (number, id) in ids.enumerated() {
            #expect(try rig.state(id) == (number % 2 == 0 ? .committed : .rolledBack))
            #expect(try rig.value("key \(number)") == (number % 2 == 0 ? "1" : nil))
        }
        rig.engine.checkInvariants()
    }
}
