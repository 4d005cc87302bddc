/// Every limit of authentication and encryption in one place, with what happens when it is
/// reached. Sizes in bytes, times in milliseconds unless named otherwise.
package enum SecurityLimits {
    /// Longest token; a longer one is refused before anything of it is decoded.
    static let tokenBytesMax = 8 << 10
    /// Longest `kid`; a token or key with a longer one is refused.
    static let keyIDBytesMax = 256
    /// Arrays and objects inside each other in any JSON read here; deeper is malformed.
    static let jsonDepthMax = 16
    /// Roles that a token may list; a token with more is refused.
    static let rolesPerTokenMax = 64
    /// What clocks of issuers may differ from ours, in seconds; added to both ends of a token.
    static let leewaySeconds = 60.0

    /// Verified tokens that one event loop remembers; a further one takes another's place.
    static let rememberedTokens = 1024
    /// How long a token is remembered at most; then it is verified again.
    static let rememberedMilliseconds: UInt64 = 300_000

    /// Longest key set; a longer one is not read to its end, and counts as a failed fetch.
    static let keySetBytesMax = 256 << 10
    /// Keys of a set that are used; the rest are dropped and counted.
    static let keysMax = 64
    /// Bits of an RSA modulus; a key outside is dropped. Less is weak, more is slow to use.
    static let rsaBits = 2048...8192
    /// Age at which keys are fetched again while they stay in use.
    static let keysRefreshMilliseconds: UInt64 = 900_000
    /// Age at which keys that cannot be fetched again are given up: 24 hours.
    static let keysAgeMillisecondsMax: UInt64 = 86_400_000
    /// Time between two fetches for keys that the set does not have.
    static let keysFetchIntervalMilliseconds: UInt64 = 30_000
    /// Time to the next attempt after a failed fetch; doubled for each, up to the interval above.
    static let keysRetryMilliseconds: UInt64 = 1_000
    /// Time for one fetch, in seconds; then it has failed.
    static let keysFetchSeconds: Int64 = 10
    /// Requests that wait for keys; a further one is answered 503.
    static let keyWaitersMax = 1024

    /// Longest certificate chain or key file; a longer one is refused.
    package static let pemBytesMax = 1 << 20
    /// Time for a TLS handshake; then the connection is cut.
    package static let handshakeMilliseconds: UInt64 = 10_000
    /// Lifetime of a token that `TokenMinter` makes, in seconds: ten years.
    package static let mintedSecondsMax: UInt64 = 10 * 365 * 86_400
}
