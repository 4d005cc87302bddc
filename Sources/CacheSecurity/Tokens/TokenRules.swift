internal import CacheConfig

/// What the claims of a verified token must say.
struct TokenRules: Sendable {
    /// Required `iss`; nil where any is good.
    let issuer: String?
    /// Required in `aud`; nil where any is good.
    let audience: String?
    /// Name of the claim that lists roles, or its path with dots between.
    let rolesClaim: String

    init(_ configuration: Configuration) {
        issuer = configuration.jwtIssuer
        audience = configuration.jwtAudience
        rolesClaim = configuration.jwtRolesClaim
    }

    /// Judges claims at `now`, in seconds since 1970.
    ///
    /// `exp` is required: a token without an end could never be taken back.
    /// - Throws: `claims`, `expired`, `notYetValid`, `issuer`, `audience`.
    func check(_ claims: JSONValue, at now: Double) throws(AuthenticationFailure) -> TokenGrant {
        guard let expiry = claims["exp"]?.number else { throw .claims }
        guard now < expiry + SecurityLimits.leewaySeconds else { throw .expired }
        if let start = claims["nbf"] {
            guard let start = start.number else { throw .claims }
            guard now >= start - SecurityLimits.leewaySeconds else { throw .notYetValid }
        }
        if let issuer, claims["iss"]?.string != issuer { throw .issuer }
        try checkAudience(claims["aud"])
        let left = expiry + SecurityLimits.leewaySeconds - now
        return TokenGrant(roles: try roles(claims), secondsLeft: left)
    }

    /// `aud` is one text or a list, which may be empty and then names nobody.
    private func checkAudience(_ claim: JSONValue?) throws(AuthenticationFailure) {
        guard let audience else { return }
        let named = claim?.strings ?? claim?.string.map { [$0] } ?? []
        guard named.contains(audience) else { throw .audience }
    }

    /// The roles claimed; nil where the claim is absent, none where it is of another type.
    private func roles(_ claims: JSONValue) throws(AuthenticationFailure) -> [String]? {
        guard let claim = claims[rolesClaim] ?? nested(claims) else { return nil }
        // OAuth lists scopes as words of one text.
        let words = claim.string.map { $0.split(separator: " ").map(String.init) }
        let roles = claim.strings ?? words ?? []
        guard roles.count <= SecurityLimits.rolesPerTokenMax else { throw .claims }
        return roles
    }

    /// `realm_access.roles` is the member `roles` of the claim `realm_access`.
    private func nested(_ claims: JSONValue) -> JSONValue? {
        rolesClaim.split(separator: ".").reduce(JSONValue?.some(claims)) { $0?[String($1)] }
    }
}

/// What a token's claims come to.
struct TokenGrant: Equatable, Sendable {
    /// Nil where the token names none.
    let roles: [String]?
    /// Until the token is refused, leeway included.
    let secondsLeft: Double
}
