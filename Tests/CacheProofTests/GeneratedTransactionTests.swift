import CacheProof
import Testing

@Suite("Generated transactions")
struct GeneratedTransactionTests {
    @Test(arguments: UInt64(1)...40)
    func aStoreThatValidatesPasses(seed: UInt64) {
        let store = OptimisticStore(seed: seed, steps: 800, validates: true)
        let commits = store.transactions.count { $0.outcome != .aborted }
        #expect(commits > 30)
        #expect(SerializabilityChecker().check(store.transactions) == .serializable, "seed \(seed)")
    }

    /// None passes; in a few the checker reaches its bound first, and says so.
    @Test func aStoreThatDoesNotIsFound() {
        let verdicts = (UInt64(1)...40).map { seed in
            let store = OptimisticStore(seed: seed, steps: 800, validates: false)
            return SerializabilityChecker().check(store.transactions)
        }
        #expect(!verdicts.contains(.serializable))
        let found = verdicts.count { verdict in
            guard case .violated = verdict else { return false }
            return true
        }
        #expect(found >= 36)
    }
}
