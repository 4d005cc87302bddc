internal import Crypto
internal import CryptoExtras
internal import FoundationEssentials

/// A key that verifies tokens, of one type.
///
/// The type decides which algorithms are possible at all: a public key can never be taken for an
/// HMAC secret, because they are different cases.
enum VerificationKey: Sendable {
    case secret(SymmetricKey)
    case rsa(_RSA.Signing.PublicKey)
    case p256(P256.Signing.PublicKey)
    case ed25519(Curve25519.Signing.PublicKey)

    /// True where `signature` is this key's over `bytes`. False where the algorithm is another
    /// type's. Codes are compared in constant time.
    /// - Complexity: O(bytes), and tens of microseconds for all but a secret.
    func verifies(
        _ signature: [UInt8], of bytes: UnsafeRawBufferPointer, _ algorithm: TokenAlgorithm
    ) -> Bool {
        switch (self, algorithm) {
        case (.secret(let key), .hs256):
            HMAC<SHA256>.isValidAuthenticationCode(signature, authenticating: bytes, using: key)
        case (.secret(let key), .hs384):
            HMAC<SHA384>.isValidAuthenticationCode(signature, authenticating: bytes, using: key)
        case (.secret(let key), .hs512):
            HMAC<SHA512>.isValidAuthenticationCode(signature, authenticating: bytes, using: key)
        case (.rsa(let key), .rs256): Self.verifies(key, signature, SHA256.hash(data: bytes))
        case (.rsa(let key), .rs384): Self.verifies(key, signature, SHA384.hash(data: bytes))
        case (.rsa(let key), .rs512): Self.verifies(key, signature, SHA512.hash(data: bytes))
        case (.p256(let key), .es256): Self.verifies(key, signature, SHA256.hash(data: bytes))
        case (.ed25519(let key), .edDSA): key.isValidSignature(signature, for: bytes)
        case (.secret, _), (.rsa, _), (.p256, _), (.ed25519, _): false
        }
    }

    private static func verifies(
        _ key: _RSA.Signing.PublicKey, _ signature: [UInt8], _ digest: some Digest
    ) -> Bool {
        key.isValidSignature(
            .init(rawRepresentation: signature), for: digest, padding: .insecurePKCS1v1_5)
    }

    private static func verifies(
        _ key: P256.Signing.PublicKey, _ signature: [UInt8], _ digest: SHA256Digest
    ) -> Bool {
        guard let signature = try? P256.Signing.ECDSASignature(rawRepresentation: signature) else {
            return false
        }
        return key.isValidSignature(signature, for: digest)
    }
}
