import CacheBase
import CacheProof
import Testing

@Suite("Generated histories")
struct GeneratedHistoryTests {
    @Test(arguments: UInt64(1)...40)
    func aRightStorePasses(seed: UInt64) {
        let history = GeneratedHistory(seed: seed, steps: 1500)
        #expect(history.calls.count > 300)
        #expect(LinearizabilityChecker().check(history.calls) == .linearizable, "seed \(seed)")
    }

    /// One answer is changed to what it cannot have been: an older value, one of another read, a
    /// refused write that was applied.
    @Test(arguments: UInt64(1)...40)
    func aWrongAnswerIsFound(seed: UInt64) throws {
        let history = GeneratedHistory(seed: seed, steps: 600)
        var random = Xoshiro256(seed: seed &+ 1000)
        var found = 0
        for _ in 0..<12 {
            let (changed, isCertain) = mutated(history.calls, &random)
            let verdict = LinearizabilityChecker().check(changed)
            if isCertain { #expect(verdict != .linearizable, "seed \(seed)") }
            if verdict != .linearizable { found += 1 }
        }
        #expect(found >= 6, "seed \(seed): \(found) of 12 wrong answers were noticed")
    }

    /// - Returns: whether the change is wrong for certain, and not perhaps another right history.
    private func mutated(
        _ calls: [Call], _ random: inout Xoshiro256
    ) -> (calls: [Call], isCertain: Bool) {
        var calls = calls
        let index = random.below(calls.count)
        let call = calls[index]
        var isCertain = false
        var answer = call.answer
        switch call.answer {
        case .found:
            isCertain = random.coin()
            let foreign = ValueID(isCertain ? 1_000_000 : 1 + random.below(200))
            answer = .found(foreign)
        case .applied: answer = .refused
        case .refused: answer = .applied(existed: nil)
        case .failed, .unknown: break
        }
        calls[index] = Call(
            client: call.client, key: call.key, action: call.action, answer: answer,
            invoked: call.invoked, returned: call.returned)
        return (calls, isCertain)
    }
}
