import CacheBase
import CacheConfig
import CacheSecurity
import TestSupport
import Testing

/// Replays what the fuzzers are started with, and what they have found.
@Suite("Fuzz corpus")
struct CorpusTests {
    @Test(arguments: FuzzChecks.all.map(\.name))
    func everyInputHolds(name: String) throws {
        let target = try #require(FuzzChecks.all.first { $0.name == name })
        let refused = try FuzzCorpus.replay(name, target.check)
        #expect(refused == [])
    }

    /// What the minter makes now is what the fuzzer takes for a token.
    @Test func aMintedTokenIsAccepted() throws {
        var configuration = Configuration()
        configuration.jwtSecret = Secret(FuzzChecks.secret)
        let minter = try #require(TokenMinter(configuration))
        let token = minter.mint(
            subject: "s", roles: ["admin"], lasting: 3600,
            at: Timestamp(rawValue: UInt64(Issuer.now) * 1000))
        let input = [0] + Array("Bearer \(token)".utf8)
        #expect(input.withUnsafeBytes(FuzzChecks.token))
    }

    /// The same of a key set of every type of key.
    @Test func aPublishedKeySetIsAccepted() throws {
        let document = Array(try Issuer().keySet().utf8)
        #expect(document.withUnsafeBytes(FuzzChecks.keySet))
    }
}
