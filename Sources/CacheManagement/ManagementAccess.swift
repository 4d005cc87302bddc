/// What a request of the management plane needs.
package enum ManagementRight: Sendable, Equatable {
    /// Probes, the page without its figures, and the description of the interface.
    case open
    /// Figures: whoever may read some key.
    case reader
    /// Settings, keys and values.
    case admin
}

/// Whether a request may go on.
package enum AccessDecision: Sendable, Equatable {
    case granted
    /// No token, or not a valid one: 401.
    case unauthenticated
    /// A valid token without the right: 403.
    case forbidden
    /// Nobody can tell now, because keys to verify tokens with are missing: 503.
    case unavailable
}

/// Decides by the value of a request's `Authorization` field; nil where it has none.
package typealias ManagementAccess =
    @Sendable (_ authorization: String?, ManagementRight) async -> AccessDecision
