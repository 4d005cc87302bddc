#if FUZZ
    internal import CacheConfig
    internal import Crypto
    internal import FoundationEssentials
#else
    import CacheConfig
    import Crypto
    import FoundationEssentials
    @testable import CacheSecurity
#endif

/// What must hold of any token and of any key set. A violation stops the process. Each check tells
/// whether the input was accepted.
enum FuzzChecks {
    static let all: [(name: String, check: @Sendable (UnsafeRawBufferPointer) -> Bool)] = [
        ("token", token), ("key-set", keySet),
    ]

    static let secret = "kR7vLx2Qm9TzYw4Ns8Pd3Hf6Jb1Gc5Va"
    /// The time at which tokens are judged, in seconds since 1970.
    private static let now = 1_800_000_000.0
    private static let key = VerificationKey.secret(SymmetricKey(data: Array(secret.utf8)))

    /// The rest after the first byte is the value of an `Authorization` field; where bit 0 is set,
    /// a header and claims on lines of their own, which are signed here, so that claims of all kinds
    /// reach their reader. Bits 1 and 2 choose what claims must say.
    ///
    /// A token that is accepted is refused once any of its characters is another.
    static func token(_ input: UnsafeRawBufferPointer) -> Bool {
        guard let first = input.first else { return false }
        let rest = Array(input.dropFirst())
        let field = first & 1 == 1 ? signed(rest) : rest
        let configuration = configuration(first)
        guard let bearer = permissions(field, configuration) else { return false }
        for verbs in [Verbs.read, .write, .administer] where bearer.allowsEverywhere(verbs) {
            precondition(bearer.allowsSomewhere(verbs), "everywhere and nowhere")
        }
        var other = field
        let place = other.count - 1 - Int(first) * 7 % (other.count - "Bearer ".utf8.count)
        other[place] = other[place] == UInt8(ascii: "x") ? UInt8(ascii: "y") : UInt8(ascii: "x")
        precondition(permissions(other, configuration) == nil, "a changed token is accepted")
        return true
    }

    private static func configuration(_ choice: UInt8) -> Configuration {
        var configuration = Configuration()
        if choice & 2 != 0 {
            configuration.jwtIssuer = "issuer"
            configuration.jwtAudience = "dcs"
        }
        if choice & 4 != 0 { configuration.jwtRolesClaim = "realm_access.roles" }
        return configuration
    }

    private static func signed(_ text: [UInt8]) -> [UInt8] {
        let lines = text.split(separator: UInt8(ascii: "\n"), maxSplits: 1)
        let parts = lines.map { Base64URL.encode($0) }.joined(separator: ".")
        let code = HMAC<SHA256>.authenticationCode(
            for: Array(parts.utf8), using: SymmetricKey(data: Array(secret.utf8)))
        return Array(("Bearer " + parts + "." + Base64URL.encode(code)).utf8)
    }

    /// As an `Authenticator` judges it.
    private static func permissions(
        _ field: [UInt8], _ configuration: Configuration
    ) -> Permissions? {
        field.withUnsafeBytes { field in
            guard let text = try? BearerField.token(in: field),
                let token = try? SignedToken(text),
                key.verifies(token.signature, of: token.signed, token.algorithm),
                let claims = try? token.claims()
            else { return nil }
            writtenAlike(claims)
            guard let grant = try? TokenRules(configuration).check(claims, at: now) else {
                return nil
            }
            precondition(grant.secondsLeft > 0, "accepted after its end")
            return RoleTable(configuration).permissions(grant.roles)
        }
    }

    /// Every key of a set is found by its name, and nothing that it has not signed passes.
    static func keySet(_ document: UnsafeRawBufferPointer) -> Bool {
        if let value = JSONValue(document) { writtenAlike(value) }
        guard let set = KeySet(document) else { return false }
        precondition(set.keys.count <= SecurityLimits.keysMax && set.droppedCount >= 0)
        for key in set.keys {
            precondition(key.id == nil || set.key(named: key.id, key.algorithm) != nil)
            for count in [0, 64, 256] {
                let signature = [UInt8](repeating: 0x5A, count: count)
                let isGood = key.key.verifies(signature, of: document, key.algorithm)
                precondition(!isGood, "a signature of nobody's")
            }
        }
        return !set.keys.isEmpty
    }

    /// Texts come back from what is written of them.
    private static func writtenAlike(_ value: JSONValue) {
        switch value {
        case .null, .boolean, .number: return
        case .string(let text):
            let written = Array(text.json.utf8)
            precondition(written.withUnsafeBytes { JSONValue($0) } == value, "another text")
        case .array(let elements): elements.forEach(writtenAlike)
        case .object(let members):
            for (name, member) in members {
                writtenAlike(.string(name))
                writtenAlike(member)
            }
        }
    }
}
