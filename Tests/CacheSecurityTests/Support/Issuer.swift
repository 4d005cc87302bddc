import CacheBase
import CacheConfig
import Crypto
import CryptoExtras
import Foundation

@testable import CacheSecurity

/// Signs tokens of any header and any claims, good and bad.
struct Issuer: Sendable {
    static let secret = "kR7vLx2Qm9TzYw4Ns8Pd3Hf6Jb1Gc5Va"
    /// The time of every test's clock, in seconds since 1970.
    static let now = 1_800_000_000

    let rsa: _RSA.Signing.PrivateKey
    let p256 = P256.Signing.PrivateKey()
    let ed25519 = Curve25519.Signing.PrivateKey()

    /// RSA keys take long to make: one for all tests.
    private static let sharedRSA = Result { try _RSA.Signing.PrivateKey(keySize: .bits2048) }

    init() throws { rsa = try Self.sharedRSA.get() }

    enum Key { case secret, rsa, p256, ed25519, nothing }

    /// A token signed with `key`, by the hash that `algorithm` names, whatever its header says.
    func token(
        header: String, claims: String, by key: Key, _ algorithm: TokenAlgorithm = .hs256
    ) throws -> String {
        let signed = Base64URL.encode(header.utf8) + "." + Base64URL.encode(claims.utf8)
        let signature = try signature(Array(signed.utf8), key, algorithm)
        return signed + "." + Base64URL.encode(signature)
    }

    /// A token that is good for an hour, of `algorithm` and its key.
    func token(_ algorithm: TokenAlgorithm, keyID: String? = nil) throws -> String {
        let kid = keyID.map { ",\"kid\":\"\($0)\"" } ?? ""
        return try token(
            header: "{\"alg\":\"\(algorithm.rawValue)\"\(kid)}", claims: Self.claims(),
            by: Self.key(of: algorithm), algorithm)
    }

    static func key(of algorithm: TokenAlgorithm) -> Key {
        switch algorithm {
        case .hs256, .hs384, .hs512: .secret
        case .rs256, .rs384, .rs512: .rsa
        case .es256: .p256
        case .edDSA: .ed25519
        }
    }

    /// Claims that end in `lasting` seconds, with more members behind.
    static func claims(lasting seconds: Int = 3600, _ more: String = "") -> String {
        "{\"exp\":\(now + seconds)" + (more.isEmpty ? "" : "," + more) + "}"
    }

    /// The key set with all three public keys.
    func keySet(_ more: [String] = []) throws -> String {
        "{\"keys\":[\((try [rsaKey("r"), p256Key("p"), ed25519Key("e")] + more).joined(separator: ","))]}"
    }

    func rsaKey(_ id: String, _ members: String = "") throws -> String {
        let numbers = try rsa.publicKey.getKeyPrimitives()
        return "{\"kty\":\"RSA\",\"kid\":\"\(id)\",\"n\":\"\(Base64URL.encode(numbers.modulus))\","
            + "\"e\":\"\(Base64URL.encode(numbers.publicExponent))\"\(members)}"
    }

    func p256Key(_ id: String, _ members: String = "") -> String {
        let point = p256.publicKey.rawRepresentation
        return "{\"kty\":\"EC\",\"crv\":\"P-256\",\"kid\":\"\(id)\","
            + "\"x\":\"\(Base64URL.encode(point.prefix(32)))\","
            + "\"y\":\"\(Base64URL.encode(point.suffix(32)))\"\(members)}"
    }

    func ed25519Key(_ id: String) -> String {
        let key = Base64URL.encode(ed25519.publicKey.rawRepresentation)
        return "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"kid\":\"\(id)\",\"x\":\"\(key)\"}"
    }

    private func signature(
        _ bytes: [UInt8], _ key: Key, _ algorithm: TokenAlgorithm
    ) throws -> [UInt8] {
        switch key {
        case .secret: Self.code(bytes, SymmetricKey(data: Array(Self.secret.utf8)), algorithm)
        case .rsa: try rsaSignature(bytes, algorithm)
        case .p256: Array(try p256.signature(for: bytes).rawRepresentation)
        case .ed25519: Array(try ed25519.signature(for: bytes))
        case .nothing: []
        }
    }

    static func code(
        _ bytes: [UInt8], _ key: SymmetricKey, _ algorithm: TokenAlgorithm
    ) -> [UInt8] {
        switch algorithm {
        case .hs384: Array(HMAC<SHA384>.authenticationCode(for: bytes, using: key))
        case .hs512: Array(HMAC<SHA512>.authenticationCode(for: bytes, using: key))
        case .hs256, .rs256, .rs384, .rs512, .es256, .edDSA:
            Array(HMAC<SHA256>.authenticationCode(for: bytes, using: key))
        }
    }

    private func rsaSignature(_ bytes: [UInt8], _ algorithm: TokenAlgorithm) throws -> [UInt8] {
        let padding = _RSA.Signing.Padding.insecurePKCS1v1_5
        let signature =
            switch algorithm {
            case .rs384: try rsa.signature(for: SHA384.hash(data: bytes), padding: padding)
            case .rs512: try rsa.signature(for: SHA512.hash(data: bytes), padding: padding)
            case .hs256, .hs384, .hs512, .rs256, .es256, .edDSA:
                try rsa.signature(for: SHA256.hash(data: bytes), padding: padding)
            }
        return Array(signature.rawRepresentation)
    }
}
