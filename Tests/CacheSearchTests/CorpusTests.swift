import TestSupport
import Testing

/// Replays what the fuzzers are started with, and what they have found.
@Suite("Fuzz corpus")
struct CorpusTests {
    @Test(arguments: FuzzChecks.all.map(\.name))
    func everyInputHolds(name: String) throws {
        let target = try #require(FuzzChecks.all.first { $0.name == name })
        let refused = try FuzzCorpus.replay(name, beginnings: 64, target.check)
        #expect(refused == [])
    }
}
