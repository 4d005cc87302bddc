/// A token taken apart and not verified yet (RFC 7515, compact form).
///
/// Nothing of it is true before `VerificationKey.verifies` says so: `algorithm` and `keyID` only
/// choose among the keys that are there. Fields that name or carry keys (`jwk`, `jku`, `x5u`,
/// `x5c`) are never looked at.
struct SignedToken {
    let algorithm: TokenAlgorithm
    let keyID: String?
    /// Header and payload as they were signed; in place.
    let signed: UnsafeRawBufferPointer
    let signature: [UInt8]
    /// Still encoded; in place.
    private let payload: UnsafeRawBufferPointer

    /// Takes `token` apart, which must outlive this value.
    /// - Throws: `malformed`, `algorithm`.
    init(_ token: UnsafeRawBufferPointer) throws(AuthenticationFailure) {
        guard token.count <= SecurityLimits.tokenBytesMax else { throw .malformed }
        let dot = UInt8(ascii: ".")
        guard let first = token.firstIndex(of: dot), let last = token.lastIndex(of: dot),
            first < last, !token[(first + 1)..<last].contains(dot)
        else { throw .malformed }
        signed = UnsafeRawBufferPointer(rebasing: token[..<last])
        payload = UnsafeRawBufferPointer(rebasing: token[(first + 1)..<last])
        let signature = UnsafeRawBufferPointer(rebasing: token[(last + 1)...])
        guard !payload.isEmpty, let decoded = Base64URL.decode(signature), !decoded.isEmpty
        else { throw .malformed }
        self.signature = decoded
        let header = try Self.object(UnsafeRawBufferPointer(rebasing: token[..<first]))
        guard let name = header["alg"]?.string else { throw .malformed }
        guard let algorithm = TokenAlgorithm(rawValue: name) else { throw .algorithm }
        self.algorithm = algorithm
        keyID = try Self.keyID(header)
        try Self.checkKind(header)
    }

    /// The claims. Called once the signature is verified.
    func claims() throws(AuthenticationFailure) -> JSONValue { try Self.object(payload) }

    private static func object(
        _ text: UnsafeRawBufferPointer
    ) throws(AuthenticationFailure) -> JSONValue {
        guard let bytes = Base64URL.decode(text),
            let value = bytes.withUnsafeBytes({ JSONValue($0) }), value.isObject
        else { throw .malformed }
        return value
    }

    private static func keyID(_ header: JSONValue) throws(AuthenticationFailure) -> String? {
        guard let member = header["kid"] else { return nil }
        guard let keyID = member.string, keyID.utf8.count <= SecurityLimits.keyIDBytesMax else {
            throw .malformed
        }
        return keyID
    }

    /// Refuses extensions, of which none is known here, and tokens of another kind than a JWT.
    private static func checkKind(_ header: JSONValue) throws(AuthenticationFailure) {
        guard header["crit"] == nil else { throw .malformed }
        guard let kind = header["typ"] else { return }
        let known = ["jwt", "at+jwt", "application/at+jwt"]
        guard let name = kind.string, known.contains(name.lowercased()) else { throw .malformed }
    }
}
