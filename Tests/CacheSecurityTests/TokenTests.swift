import CacheBase
import CacheConfig
import Testing

@testable import CacheSecurity

/// Which tokens are accepted and which are not, and why.
struct TokenTests {
    private let issuer: Issuer

    init() throws { issuer = try Issuer() }

    @Test(arguments: TokenAlgorithm.allCases)
    func aGoodTokenOfEachAlgorithmIsAccepted(algorithm: TokenAlgorithm) async throws {
        let rsa = [",\"alg\":\"RS384\"", ",\"alg\":\"RS512\""]
        let more = try rsa.enumerated().map { try issuer.rsaKey("r\($0.offset)", $0.element) }
        let bench = Bench(keys: try issuer.keySet(more))
        let names: [TokenAlgorithm: String] = [
            .rs256: "r", .rs384: "r0", .rs512: "r1", .es256: "p", .edDSA: "e",
        ]
        let token = try issuer.token(algorithm, keyID: names[algorithm])
        #expect(await bench.verifyFetching(token).isAllowed)
    }

    @Test(arguments: [TokenAlgorithm.hs256, .rs256, .es256, .edDSA])
    func aTokenWithAnyCharacterChangedIsRefused(algorithm: TokenAlgorithm) async throws {
        let bench = Bench(keys: try issuer.keySet())
        let token = Array(try issuer.token(algorithm).utf8)
        #expect(await bench.verifyFetching(String(decoding: token, as: UTF8.self)).isAllowed)
        for index in token.indices {
            var changed = token
            changed[index] =
                changed[index] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
            #expect(!bench.verify(String(decoding: changed, as: UTF8.self)).isAllowed, "\(index)")
        }
    }

    @Test func aTokenCutAnywhereIsRefused() throws {
        let bench = Bench()
        let token = try issuer.token(.hs256)
        for count in 0..<token.count {
            #expect(!bench.verify(String(token.prefix(count))).isAllowed)
        }
    }

    @Test(arguments: [
        "", "Basic dXNlcjpwYXNz", "Bearer ", "Bearer  ", "bearer x", "Bearer .", "Bearer ..",
        "Bearer a.b", "Bearer a.b.c.d", "Bearer a.b.c.d.e", "Bearer !!.!!.!!", "Bearer a=.b=.c=",
        "Digest x", "Bearer e30.e30.e30",
    ])
    func whatIsNoTokenIsRefused(field: String) {
        let failure = Bench().verify(field.isEmpty ? "" : field).failure
        #expect(failure == (field.isEmpty ? .missing : .malformed))
    }

    @Test func theSchemeIsMatchedInAnyCase() throws {
        let token = try issuer.token(.hs256)
        for scheme in ["Bearer", "bearer", "BEARER", "Bearer  "] {
            #expect(Bench().verify("\(scheme) \(token)").isAllowed)
        }
    }

    @Test func aTokenBeyondTheLimitIsRefusedAndOneAtItIsNot() throws {
        func token(filling count: Int) throws -> String {
            try issuer.token(
                header: #"{"alg":"HS256"}"#,
                claims: Issuer.claims("\"x\":\"\(String(repeating: "x", count: count))\""),
                by: .secret)
        }
        let limit = SecurityLimits.tokenBytesMax
        let overhead = try token(filling: 0).utf8.count
        let fitting = try token(filling: (limit - overhead) / 4 * 3 - 3)
        #expect(fitting.utf8.count <= limit)
        #expect(Bench().verify(fitting).isAllowed)
        let longer = try token(filling: (limit - overhead) / 4 * 3 + 6)
        #expect(longer.utf8.count > limit)
        #expect(Bench().verify(longer).failure == .malformed)
    }

    @Test func theEndAndTheStartHaveALeewayOfAMinute() throws {
        let bench = Bench()
        func verdict(_ claims: String) throws -> AuthenticationFailure? {
            bench.verify(
                try issuer.token(header: #"{"alg":"HS256"}"#, claims: claims, by: .secret)
            ).failure
        }
        let now = Issuer.now
        #expect(try verdict(Issuer.claims(lasting: -59)) == nil)
        #expect(try verdict(Issuer.claims(lasting: -60)) == .expired)
        #expect(try verdict(Issuer.claims("\"nbf\":\(now + 60)")) == nil)
        #expect(try verdict(Issuer.claims("\"nbf\":\(now + 61)")) == .notYetValid)
        #expect(try verdict("{}") == .claims)
        #expect(try verdict("{\"exp\":\"\(now + 60)\"}") == .claims)
        #expect(try verdict("{\"exp\":null}") == .claims)
        #expect(try verdict(Issuer.claims("\"nbf\":\"soon\"")) == .claims)
        #expect(try verdict("{\"exp\":1e300}") == nil)
        #expect(try verdict("{\"exp\":-1e300}") == .expired)
        #expect(try verdict("{\"exp\":1e400}") == .malformed)
        #expect(try verdict("[]") == .malformed)
        #expect(try verdict("{\"exp\":1,\"exp\":\(now + 60)}") == .malformed)
    }

    @Test func issuerAndAudienceMustBeThoseConfigured() throws {
        let bench = Bench {
            $0.jwtIssuer = "https://issuer.example"
            $0.jwtAudience = "dcs"
        }
        func verdict(_ claims: String) throws -> AuthenticationFailure? {
            bench.verify(
                try issuer.token(
                    header: #"{"alg":"HS256"}"#, claims: Issuer.claims(claims), by: .secret)
            ).failure
        }
        let iss = #""iss":"https://issuer.example""#
        #expect(try verdict(iss + #","aud":"dcs""#) == nil)
        #expect(try verdict(iss + #","aud":["other","dcs"]"#) == nil)
        #expect(try verdict(#""aud":"dcs""#) == .issuer)
        #expect(try verdict(#""iss":"https://issuer.example/","aud":"dcs""#) == .issuer)
        #expect(try verdict(#""iss":["https://issuer.example"],"aud":"dcs""#) == .issuer)
        #expect(try verdict(iss) == .audience)
        #expect(try verdict(iss + #","aud":"dc""#) == .audience)
        #expect(try verdict(iss + #","aud":["dcs",1]"#) == .audience)
    }

    @Test func theRolesClaimMayHaveAnyNameAndFormThatIssuersUse() throws {
        func permissions(_ claim: String, _ claims: String) throws -> Permissions? {
            Bench { $0.jwtRolesClaim = claim }.verify(
                try issuer.token(
                    header: #"{"alg":"HS256"}"#, claims: Issuer.claims(claims), by: .secret)
            ).permissions
        }
        for (claim, claims) in [
            ("roles", #""roles":["reader"]"#), ("scope", #""scope":"openid reader""#),
            ("realm_access.roles", #""realm_access":{"roles":["reader","x"]}"#),
            ("https://x.example/roles", #""https://x.example/roles":["reader"]"#),
        ] {
            let permissions = try permissions(claim, claims)
            #expect(permissions?.allows(.read, "k") == true)
            #expect(permissions?.allows(.write, "k") == false)
        }
        for claims in [
            #""roles":[]"#, #""roles":null"#, #""roles":{"reader":true}"#, #""roles":["reader",1]"#,
            #""roles":["root"]"#, #""roles":["Reader"]"#,
        ] {
            #expect(try permissions("roles", claims)?.allows(.read, "k") == false)
        }
        #expect(try permissions("roles", #""sub":"x""#)?.allows([.read, .write], "k") == true)
        #expect(try permissions("roles", #""sub":"x""#)?.allowsSomewhere(.administer) == false)
    }

    @Test func aTokenOfTooManyRolesIsRefused() throws {
        for (count, failure) in [(64, nil), (65, AuthenticationFailure.claims)] {
            let roles = Array(repeating: "\"reader\"", count: count).joined(separator: ",")
            let token = try issuer.token(
                header: #"{"alg":"HS256"}"#, claims: Issuer.claims("\"roles\":[\(roles)]"),
                by: .secret)
            #expect(Bench().verify(token).failure == failure)
        }
    }

    @Test func aMintedTokenIsAcceptedWithItsRolesUntilItsEnd() {
        var configuration = Configuration()
        configuration.jwtSecret = Secret(Issuer.secret)
        configuration.jwtIssuer = "https://issuer.example/\"quoted\""
        configuration.jwtAudience = "dcs"
        let bench = Bench { $0 = configuration }
        let token = TokenMinter(configuration)?.mint(
            subject: "job \u{1}\\", roles: ["reader"], lasting: 600, at: bench.clock.now())
        #expect(bench.verify(token ?? "").permissions?.allows(.read, "k") == true)
        #expect(bench.verify(token ?? "").permissions?.allows(.write, "k") == false)
        bench.pass(seconds: 659)
        #expect(bench.verify(token ?? "").isAllowed)
        bench.pass(seconds: 1)
        #expect(bench.verify(token ?? "").failure == .expired)
        #expect(TokenMinter(Configuration()) == nil)
    }

    @Test func eachRefusalIsCountedByItsReason() throws {
        let bench = Bench()
        _ = bench.verify("")
        _ = bench.verify("Basic x")
        _ = bench.verify("Basic y")
        _ = bench.verify(try issuer.token(.es256))
        for failure in AuthenticationFailure.allCases {
            let counts: [AuthenticationFailure: UInt64] = [
                .missing: 1, .malformed: 2, .algorithm: 1,
            ]
            #expect(bench.authenticator.counters[failure] == counts[failure] ?? 0)
        }
    }
}
