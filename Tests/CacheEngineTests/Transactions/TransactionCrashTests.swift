import CacheBase
import CacheEngine
import CacheFiles
import Testing

/// The machine fails at every operation on the disk of a run of transactions, with flushes and
/// compactions between them.
@Suite("Transactions and crashes")
struct TransactionCrashTests {
    private struct Attempt {
        let id: TransactionID
        let number: Int
        var isAnswered = false
    }

    private static let keys = 4

    /// Each transaction writes its number to all keys, so that they agree whenever it is whole.
    private func run(_ rig: Rig, _ attempts: inout [Attempt]) {
        do {
            for number in 0..<60 {
                let id = try rig.begin()
                attempts.append(Attempt(id: id, number: number))
                for key in 0..<Self.keys {
                    let padding = String(repeating: "x", count: number * 11)
                    try rig.put("key \(key)", "\(number) \(padding)", in: id)
                }
                if number % 7 == 1 {
                    try rig.engine.transactions.rollback(id)
                    attempts.removeLast()
                    continue
                }
                try rig.commit(id)
                attempts[attempts.count - 1].isAnswered = true
                if number % 9 == 8 { _ = try rig.engine.flush() }
                if number % 20 == 19 { while try rig.engine.compact() {} }
            }
        } catch {}
    }

    private func check(_ rig: Rig, _ attempts: [Attempt], _ context: String) throws {
        var shown: Set<Int?> = []
        for key in 0..<Self.keys {
            let value = try rig.value("key \(key)")
            shown.insert(value.flatMap { Int($0.prefix { $0 != " " }) })
        }
        #expect(shown.count == 1, "a part of a transaction: \(context)")
        let newest = shown.first ?? nil
        let acknowledged = attempts.last { $0.isAnswered }?.number
        #expect(newest ?? -1 >= acknowledged ?? -1, "lost: \(context)")
        for attempt in attempts {
            let isThere = attempt.number <= newest ?? -1
            let state = try rig.state(attempt.id)
            #expect(state == (isThere ? .committed : .rolledBack), "\(attempt.number): \(context)")
        }
        rig.engine.checkInvariants()
    }

    @Test(arguments: [false, true])
    func eachIsWholeOrAbsentAndItsOutcomeSaysWhich(losesPower: Bool) throws {
        var mutation = 1
        while true {
            let disk = SimulatedFileSystem(seed: UInt64(mutation))
            let rig = try Rig(disk: disk)
            var attempts: [Attempt] = []
            disk.planCrash(atMutation: mutation)
            run(rig, &attempts)
            let isDone = attempts.last?.number == 59 && attempts.last?.isAnswered == true
            try rig.crash(losesPower ? .power(seed: UInt64(mutation)) : .process)
            try check(rig, attempts, "mutation \(mutation)")
            if mutation % 3 == 0 {
                // And again from what the recovered one wrote.
                try rig.flushAll()
                try rig.crash(.power(seed: UInt64(mutation) + 1))
                try check(rig, attempts, "mutation \(mutation), second crash")
            }
            if isDone { break }
            mutation += 1
        }
        print("crash points: \(mutation)")
        #expect(mutation > 60)
    }

    @Test func aSyncThatFailsLeavesTheOutcomeToTheRestart() throws {
        let rig = try Rig()
        let warm = try rig.begin()
        try rig.commit(warm)
        let id = try rig.begin()
        try rig.put("a", "1", in: id)
        rig.disk.inject(FileFault(.io, on: [.sync]))
        #expect(throws: StorageError(.io, "")) { try rig.commit(id) }
        guard case .notDurable = rig.engine.transactions.state(of: id) else {
            Issue.record("an outcome that is not certain is told")
            return
        }
        try rig.crash(.power(seed: 9))
        let state = try rig.state(id)
        #expect(state == (try rig.value("a") == nil ? .rolledBack : .committed))
        #expect(try rig.state(warm) == .committed)
    }
}
