import CacheProof
import Foundation
import Testing

extension ProgramTests {
    /// Several clients at once, over a server that is killed again and again: what all of them were
    /// answered must be explained by one order of their calls.
    struct ConsistencyTests {
        private static let kills = 7

        @Test(arguments: ["always", "interval"])
        func concurrentClientsOverKillsSeeOneOrder(mode: String) throws {
            let seed = UInt64.random(in: 0..<1_000_000)
            print("seed \(seed)")
            let run = try ConsistencyRun(seed: seed, arguments: ["--set", "wal_sync=\(mode)"])
            for _ in 0..<Self.kills {
                run.waitForCalls(run.draw(from: 150, to: 900))
                try run.killAndRestart()
            }
            run.waitForCalls(300)
            run.stopClients()
            try run.readEverything()

            let calls = run.calls.calls
            print("\(calls.count) calls, \(run.transactions.count) transactions")
            #expect(LinearizabilityChecker().check(calls) == .linearizable, "seed \(seed)")
            #expect(
                SerializabilityChecker().check(run.transactions) == .serializable, "seed \(seed)")
            // The run was one that could have failed.
            #expect(calls.count > 1000 && run.transactions.count > 100)
            #expect(calls.contains { $0.answer == .unknown })
            #expect(calls.contains { $0.answer == .refused })
            #expect(run.transactions.contains { $0.outcome == .aborted })
        }
    }
}
