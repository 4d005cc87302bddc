import CacheBase
import CacheConfig
import Testing

@testable import CacheSecurity

/// What an event loop remembers of tokens, and for how long.
struct TokenMemoryTests {
    private let issuer: Issuer

    init() throws { issuer = try Issuer() }

    /// One connection's requests over a memory.
    private final class Loop {
        let bench: Bench
        let memory: TokenMemory
        var last: RememberedToken?

        init(_ bench: Bench) {
            self.bench = bench
            memory = TokenMemory(bench.authenticator)
        }

        func ask(_ token: String, newConnection: Bool = false) -> AuthenticationDecision {
            if newConnection { last = nil }
            let now = bench.clock.monotonicNanoseconds() / 1_000_000
            return Array("Bearer \(token)".utf8).withUnsafeBytes {
                memory.verify($0, last: &last, at: now)
            }
        }
    }

    @Test func aRememberedTokenGivesTheSamePermissionsWithoutBeingVerified() throws {
        let loop = Loop(Bench())
        let token = try issuer.token(
            header: #"{"alg":"HS256"}"#, claims: Issuer.claims(#""roles":["reader"]"#), by: .secret)
        let first = loop.ask(token).permissions
        #expect(first != nil)
        #expect(loop.ask(token).permissions === first)
        #expect(loop.ask(token, newConnection: true).permissions === first)
        loop.bench.pass(seconds: 299)
        #expect(loop.ask(token).permissions === first)
        loop.bench.pass(seconds: 1)
        let second = loop.ask(token).permissions
        #expect(second != nil)
        #expect(second !== first)
    }

    @Test func aRememberedTokenEndsWhenItExpires() throws {
        let loop = Loop(Bench())
        let token = try issuer.token(
            header: #"{"alg":"HS256"}"#, claims: Issuer.claims(lasting: 30), by: .secret)
        #expect(loop.ask(token).isAllowed)
        loop.bench.pass(seconds: 89)
        #expect(loop.ask(token).isAllowed)
        loop.bench.pass(seconds: 1)
        #expect(loop.ask(token).failure == .expired)
        #expect(loop.ask(token, newConnection: true).failure == .expired)
    }

    @Test func anEndFarAwayIsNoTrap() throws {
        let loop = Loop(Bench())
        let token = try issuer.token(
            header: #"{"alg":"HS256"}"#, claims: "{\"exp\":1e300}", by: .secret)
        #expect(loop.ask(token).isAllowed)
    }

    @Test func aTokenIsForgottenWhenTheKeysChange() async throws {
        let loop = Loop(Bench(keys: "{\"keys\":[\(issuer.p256Key("old"))]}"))
        let token = try issuer.token(.es256, keyID: "old")
        _ = await loop.bench.verifyFetching(token)
        #expect(loop.ask(token).isAllowed)
        loop.bench.published.publish("{\"keys\":[\(issuer.p256Key("new"))]}")
        loop.bench.pass(seconds: 30)
        #expect(loop.ask(token).isAllowed)
        _ = await loop.bench.verifyFetching(try issuer.token(.es256, keyID: "new"))
        #expect(loop.ask(token).failure == .unknownKey)
        #expect(loop.ask(token, newConnection: true).failure == .unknownKey)
    }

    @Test func onlyTheVeryTokenIsRemembered() throws {
        let loop = Loop(Bench())
        let token = try issuer.token(.hs256)
        #expect(loop.ask(token).isAllowed)
        let bytes = Array(token.utf8)
        for index in bytes.indices {
            var changed = bytes
            changed[index] ^= 1
            #expect(!loop.ask(String(decoding: changed, as: UTF8.self)).isAllowed)
        }
        #expect(!loop.ask(token + "A").isAllowed)
        #expect(!loop.ask(String(token.dropLast())).isAllowed)
        #expect(loop.ask(token).isAllowed)
    }

    @Test func moreTokensThanAreRememberedAreStillAccepted() throws {
        let loop = Loop(Bench())
        for round in 0..<2 {
            for number in 0..<(SecurityLimits.rememberedTokens + 200) {
                let token = try issuer.token(
                    header: #"{"alg":"HS256"}"#, claims: Issuer.claims("\"sub\":\"\(number)\""),
                    by: .secret)
                #expect(loop.ask(token).isAllowed, "round \(round)")
            }
        }
    }

    @Test func refusalsAreCountedEachTimeAndNotRemembered() throws {
        let loop = Loop(Bench())
        let token = try issuer.token(.hs256)
        let forged = token.dropLast(2) + "AA"
        for _ in 0..<3 { #expect(loop.ask(String(forged)).failure == .signature) }
        #expect(loop.bench.authenticator.counters[.signature] == 3)
    }

    @Test func comparisonLooksAtEveryByte() {
        for count in [0, 1, 7, 8, 9, 16, 31] {
            let bytes = (0..<count).map { UInt8($0) }
            let isEqual = bytes.withUnsafeBytes { left in
                Array(bytes).withUnsafeBytes { ConstantTime.areEqual(left, $0) }
            }
            #expect(isEqual)
            for index in bytes.indices {
                var changed = bytes
                changed[index] ^= 0x80
                let differs = bytes.withUnsafeBytes { left in
                    changed.withUnsafeBytes { !ConstantTime.areEqual(left, $0) }
                }
                #expect(differs)
            }
        }
    }
}
