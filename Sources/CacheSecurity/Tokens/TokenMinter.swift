package import CacheBase
package import CacheConfig
internal import Crypto
internal import FoundationEssentials

/// Makes tokens that this configuration accepts, signed with its secret (HS256).
package struct TokenMinter: Sendable {
    private let key: SymmetricKey
    private let issuer: String?
    private let audience: String?
    private let rolesClaim: String

    /// Nil where the configuration has no `jwt_secret`.
    package init?(_ configuration: Configuration) {
        guard let secret = configuration.jwtSecret else { return nil }
        key = secret.withBytes { SymmetricKey(data: $0) }
        issuer = configuration.jwtIssuer
        audience = configuration.jwtAudience
        rolesClaim = configuration.jwtRolesClaim
    }

    /// A token for `subject`.
    /// - Parameter roles: empty to leave the claim out; its bearer has `jwt_default_role` then.
    /// - Parameter seconds: lifetime, from 1 to `SecurityLimits.mintedSecondsMax`.
    package func mint(
        subject: String, roles: [String], lasting seconds: UInt64, at now: Timestamp
    ) -> String {
        precondition((1...SecurityLimits.mintedSecondsMax).contains(seconds), "no such lifetime")
        let start = now.rawValue / 1000
        var claims = [
            "\"sub\":" + subject.json, "\"iat\":\(start)", "\"exp\":\(start + seconds)",
        ]
        if let issuer { claims.append("\"iss\":" + issuer.json) }
        if let audience { claims.append("\"aud\":" + audience.json) }
        if !roles.isEmpty { claims.append(Self.claim(rolesClaim, roles)) }
        let signed =
            Base64URL.encode(#"{"alg":"HS256","typ":"JWT"}"#.utf8) + "."
            + Base64URL.encode("{\(claims.joined(separator: ","))}".utf8)
        let code = HMAC<SHA256>.authenticationCode(for: Array(signed.utf8), using: key)
        return signed + "." + Base64URL.encode(code)
    }

    private static func claim(_ name: String, _ roles: [String]) -> String {
        name.json + ":[" + roles.map(\.json).joined(separator: ",") + "]"
    }
}
