/// Why a request's token was not accepted.
///
/// The raw value is the label under which it is counted; it never changes.
package enum AuthenticationFailure: String, Error, Sendable, CaseIterable {
    /// No `Authorization` field.
    case missing
    /// Another scheme than `Bearer`, not a token in form, or too long.
    case malformed
    /// An algorithm that no key here has, `none` among them.
    case algorithm
    /// No key of that name, and none to be had for now.
    case unknownKey = "unknown_key"
    case signature
    case expired
    case notYetValid = "not_yet_valid"
    case issuer
    case audience
    /// A claim is missing or of the wrong type, `exp` among them.
    case claims
    /// The keys that tokens are verified with were never fetched, or too long ago.
    case keysUnavailable = "keys_unavailable"

    /// What the client is told, in characters that a quoted string of a header may hold.
    ///
    /// What went wrong before the signature was verified is told in one way, so that an answer
    /// says nothing about keys.
    package var explanation: StaticString {
        switch self {
        case .missing: "A token is needed: Authorization: Bearer TOKEN."
        case .malformed, .algorithm, .unknownKey, .signature: "The token is not one of ours."
        case .expired: "The token has expired."
        case .notYetValid: "The token is not valid yet."
        case .issuer: "The token is of another issuer."
        case .audience: "The token is for another audience."
        case .claims: "The token lacks a claim such as exp, or one has the wrong type."
        case .keysUnavailable: "The keys to verify tokens with cannot be fetched now."
        }
    }

    /// True where the token may be good and this node cannot tell: 503 and not 401.
    package var isOurFault: Bool { self == .keysUnavailable }

    /// True where a token was there and was wrong (`error="invalid_token"`, RFC 6750).
    package var isOfToken: Bool { self != .missing && self != .keysUnavailable }
}
