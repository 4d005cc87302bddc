import CacheConfig
import Crypto
import CryptoExtras
import Foundation
import Testing

@testable import CacheSecurity

/// Mistakes that token libraries make, one test for each.
struct TrapTests {
    private let issuer: Issuer

    init() throws { issuer = try Issuer() }

    private func token(_ header: String, _ claims: String = Issuer.claims()) throws -> String {
        try issuer.token(header: header, claims: claims, by: .secret)
    }

    @Test(arguments: ["none", "None", "NONE", "nOnE", "HS256 ", "hs256", "HS1", "", "RS1", "PS256"])
    func anAlgorithmThatIsNotKnownIsRefusedWhateverTheSignature(name: String) throws {
        let header = "{\"alg\":\"\(name)\"}"
        #expect(Bench().verify(try token(header)).failure == .algorithm)
        let unsigned = try issuer.token(header: header, claims: Issuer.claims(), by: .nothing)
        #expect(Bench().verify(unsigned).failure == .malformed)
    }

    /// The algorithm is the key's: the header must name the same one.
    @Test func theHeaderCannotChooseTheAlgorithmOfAKey() async throws {
        let bench = Bench(keys: try issuer.keySet())
        for (name, algorithm) in [("RS512", TokenAlgorithm.rs512), ("RS256", .rs512)] {
            let token = try issuer.token(
                header: "{\"alg\":\"\(name)\",\"kid\":\"r\"}", claims: Issuer.claims(), by: .rsa,
                algorithm)
            #expect(!(await bench.verifyFetching(token).isAllowed))
        }
        let mixed = try issuer.token(
            header: #"{"alg":"ES256","kid":"r"}"#, claims: Issuer.claims(), by: .rsa, .rs256)
        #expect(bench.verify(mixed).failure == .unknownKey)
    }

    /// A public key taken for an HMAC secret would let anybody sign.
    @Test func aPublicKeyIsNeverASecret() async throws {
        let bench = Bench(secret: nil, keys: try issuer.keySet())
        _ = await bench.verifyFetching(try issuer.token(.rs256))
        for material in [
            Array(issuer.rsa.publicKey.pemRepresentation.utf8),
            Array(issuer.rsa.publicKey.derRepresentation),
            Array(issuer.p256.publicKey.rawRepresentation),
        ] {
            let signed =
                Base64URL.encode(#"{"alg":"HS256","kid":"r"}"#.utf8) + "."
                + Base64URL.encode(Issuer.claims().utf8)
            let code = Issuer.code(Array(signed.utf8), SymmetricKey(data: material), .hs256)
            #expect(bench.verify(signed + "." + Base64URL.encode(code)).failure == .algorithm)
        }
    }

    /// The first token that is seen must not decide a key's algorithm for those after it.
    @Test func aForgedHeaderDoesNotChangeAKeyThatNamesNoAlgorithm() async throws {
        let bench = Bench(keys: "{\"keys\":[\(try issuer.rsaKey("r"))]}")
        let forged =
            try issuer.token(
                header: #"{"alg":"RS512","kid":"r"}"#, claims: Issuer.claims(), by: .nothing)
            + "AAAA"
        #expect(!(await bench.verifyFetching(forged).isAllowed))
        #expect(await bench.verifyFetching(try issuer.token(.rs256, keyID: "r")).isAllowed)
    }

    /// An unknown key is refused, and never replaced by another.
    @Test func anUnknownKeyNameDoesNotFallBackToAnotherKey() async throws {
        let bench = Bench(keys: try issuer.keySet())
        for name in ["x", "", "R"] {
            let token = try issuer.token(.rs256, keyID: name)
            #expect(await bench.verifyFetching(token).failure == .unknownKey)
        }
        let two = Bench(keys: "{\"keys\":[\(try issuer.rsaKey("a")),\(try issuer.rsaKey("b"))]}")
        #expect(await two.verifyFetching(try issuer.token(.rs256)).failure == .unknownKey)
        #expect(await two.verifyFetching(try issuer.token(.rs256, keyID: "b")).isAllowed)
    }

    /// Keys are read one by one.
    @Test func anOddKeyDoesNotSpoilItsSet() async throws {
        let odd = [
            "1", "null", "{}", #"{"kty":"oct","k":"AAAA","kid":"r"}"#,
            #"{"kty":"EC","crv":"secp256k1","x":"AA","y":"AA","kid":"z"}"#,
            #"{"kty":"RSA","n":"AQAB","e":"AQAB","kid":"weak"}"#,
            #"{"kty":"EC","crv":"P-256","x":"\#(String(repeating: "A", count: 43))","y":"AA"}"#,
            #"{"kty":"OKP","crv":"Ed25519","x":"AA","kid":7}"#,
            try issuer.rsaKey("unknown", ",\"alg\":\"RS999\""),
            try issuer.rsaKey("other", ",\"alg\":\"ES256\""),
            try issuer.rsaKey("encrypting", ",\"use\":\"enc\""),
            try issuer.rsaKey("wrapping", ",\"key_ops\":[\"wrapKey\"]"),
        ]
        let document = Array(try issuer.keySet(odd).utf8)
        let keys = try #require(document.withUnsafeBytes { KeySet($0) })
        #expect(keys.keys.map(\.id) == ["r", "p", "e"])
        #expect(keys.droppedCount == odd.count)
        let bench = Bench(keys: try issuer.keySet(odd))
        #expect(await bench.verifyFetching(try issuer.token(.es256, keyID: "p")).isAllowed)
        let encrypting = try issuer.token(.rs256, keyID: "encrypting")
        #expect(bench.verify(encrypting).failure == .unknownKey)
    }

    @Test func aDocumentThatIsNoKeySetIsRefused() {
        for text in ["", "{}", "[]", #"{"keys":{}}"#, #"{"keys":[}"#, "<html>"] {
            #expect(Array(text.utf8).withUnsafeBytes { KeySet($0) } == nil)
        }
    }

    /// In release builds too, a short secret never reaches the signature.
    @Test func aSecretUnder32BytesIsRefusedByTheConfiguration() {
        let short = String(Issuer.secret.dropLast())
        #expect(throws: ConfigurationError.self) {
            try ConfigurationLoader.load(
                file: nil, environment: ["DCS_JWT_SECRET": short], flags: []
            ) { _ throws(UnreadableFile) in throw .missing }
        }
    }

    @Test func extensionsAndOtherKindsOfTokensAreRefused() throws {
        let bench = Bench()
        #expect(bench.verify(try token(#"{"alg":"HS256","typ":"JWT"}"#)).isAllowed)
        #expect(bench.verify(try token(#"{"alg":"HS256","typ":"at+jwt"}"#)).isAllowed)
        for header in [
            #"{"alg":"HS256","crit":["exp"]}"#, #"{"alg":"HS256","crit":[]}"#,
            #"{"alg":"HS256","typ":"JWE"}"#, #"{"alg":"HS256","typ":1}"#, #"{"alg":["HS256"]}"#,
            #"{"alg":"HS256","kid":1}"#, #"{"alg":"HS256","alg":"HS256"}"#, #"{}"#, "[]", "1",
        ] {
            #expect(bench.verify(try token(header)).failure == .malformed, "\(header)")
        }
    }

    /// A key that the token brings along is never looked at.
    @Test func aTokenCannotBringItsOwnKey() async throws {
        let bench = Bench(keys: try issuer.keySet())
        let own = P256.Signing.PrivateKey()
        let point = own.publicKey.rawRepresentation
        let header = #"""
            {"alg":"ES256","kid":"p","jku":"https://evil.example/jwks","jwk":{"kty":"EC",\#
            "crv":"P-256","x":"\#(Base64URL.encode(point.prefix(32)))",\#
            "y":"\#(Base64URL.encode(point.suffix(32)))"}}
            """#
        let signed =
            Base64URL.encode(header.utf8) + "." + Base64URL.encode(Issuer.claims().utf8)
        let signature = try own.signature(for: Array(signed.utf8)).rawRepresentation
        let token = signed + "." + Base64URL.encode(signature)
        #expect(await bench.verifyFetching(token).failure == .signature)
    }

    /// An empty audience crashes readers that take one for granted, even before the signature.
    @Test func anEmptyAudienceIsRefusedAndCrashesNothing() throws {
        let claims = Issuer.claims(#""aud":[]"#)
        let token = try token(#"{"alg":"HS256"}"#, claims)
        #expect(Bench { $0.jwtAudience = "dcs" }.verify(token).failure == .audience)
        #expect(Bench().verify(token).isAllowed)
        let forged = try issuer.token(
            header: #"{"alg":"HS256"}"#, claims: claims, by: .ed25519)
        #expect(Bench { $0.jwtAudience = "dcs" }.verify(forged).failure == .signature)
    }

    /// Nothing of a token is judged before its signature.
    @Test func aForgedTokenLearnsNothingOfWhatIsWrongWithItsClaims() throws {
        for claims in ["{}", "[]", "x", Issuer.claims(lasting: -9999)] {
            let forged = try issuer.token(
                header: #"{"alg":"HS256"}"#, claims: claims, by: .ed25519)
            #expect(Bench().verify(forged).failure == .signature)
        }
    }
}
