/// The signature algorithms that tokens may have; any other, and `none`, is unknown here.
enum TokenAlgorithm: String, Sendable, CaseIterable {
    case hs256 = "HS256"
    case hs384 = "HS384"
    case hs512 = "HS512"
    case rs256 = "RS256"
    case rs384 = "RS384"
    case rs512 = "RS512"
    case es256 = "ES256"
    case edDSA = "EdDSA"

    /// Signed with the secret that this node shares; else with a key of the issuer's.
    var isShared: Bool {
        switch self {
        case .hs256, .hs384, .hs512: true
        case .rs256, .rs384, .rs512, .es256, .edDSA: false
        }
    }
}
