internal import Crypto
internal import CryptoExtras
internal import FoundationEssentials

/// A public key of a key set, with the one algorithm that it is used with (RFC 7517).
struct PublishedKey: Sendable {
    let id: String?
    let algorithm: TokenAlgorithm
    let key: VerificationKey

    /// Reads one key of a set; nil where it is for another purpose, of another type, or weak.
    ///
    /// A key without `alg` gets the algorithm that its type has here, RS256 for RSA: what a token
    /// says never decides it.
    init?(_ document: JSONValue) {
        guard document.isObject, Self.isForSignatures(document) else { return nil }
        if let member = document["kid"] {
            guard let id = member.string, id.utf8.count <= SecurityLimits.keyIDBytesMax else {
                return nil
            }
            self.id = id
        } else {
            id = nil
        }
        guard let found = Self.key(document) else { return nil }
        key = found
        guard let algorithm = Self.algorithm(document["alg"], of: found) else { return nil }
        self.algorithm = algorithm
    }

    private static func isForSignatures(_ document: JSONValue) -> Bool {
        if let use = document["use"], use.string != "sig" { return false }
        guard let operations = document["key_ops"] else { return true }
        return operations.strings?.contains("verify") == true
    }

    private static func key(_ document: JSONValue) -> VerificationKey? {
        switch (document["kty"]?.string, document["crv"]?.string) {
        case ("RSA", _): rsa(document)
        case ("EC", "P-256"): p256(document)
        case ("OKP", "Ed25519"):
            coordinate(document["x"])
                .flatMap { try? Curve25519.Signing.PublicKey(rawRepresentation: $0) }
                .map { .ed25519($0) }
        default: nil
        }
    }

    private static func rsa(_ document: JSONValue) -> VerificationKey? {
        guard let modulus = number(document["n"]), let exponent = number(document["e"]),
            let first = modulus.first, exponent.count <= 4
        else { return nil }
        let bits = modulus.count * 8 - first.leadingZeroBitCount
        guard SecurityLimits.rsaBits.contains(bits) else { return nil }
        return (try? _RSA.Signing.PublicKey(n: modulus, e: exponent)).map { .rsa($0) }
    }

    private static func p256(_ document: JSONValue) -> VerificationKey? {
        guard let x = coordinate(document["x"]), let y = coordinate(document["y"]) else {
            return nil
        }
        return (try? P256.Signing.PublicKey(rawRepresentation: x + y)).map { .p256($0) }
    }

    /// A big-endian number without leading zeros.
    private static func number(_ member: JSONValue?) -> [UInt8]? {
        guard let bytes = member?.string.flatMap({ Base64URL.decode($0) }) else { return nil }
        let digits = Array(bytes.drop { $0 == 0 })
        return digits.isEmpty ? nil : digits
    }

    private static func coordinate(_ member: JSONValue?) -> [UInt8]? {
        guard let bytes = member?.string.flatMap({ Base64URL.decode($0) }), bytes.count == 32
        else { return nil }
        return bytes
    }

    private static func algorithm(
        _ member: JSONValue?, of key: VerificationKey
    ) -> TokenAlgorithm? {
        let possible: [TokenAlgorithm] =
            switch key {
            case .secret: []
            case .rsa: [.rs256, .rs384, .rs512]
            case .p256: [.es256]
            case .ed25519: [.edDSA]
            }
        guard let member else { return possible.first }
        guard let name = member.string, let algorithm = TokenAlgorithm(rawValue: name),
            possible.contains(algorithm)
        else { return nil }
        return algorithm
    }
}
