package import CacheBase
package import CacheConfig
internal import Crypto
internal import FoundationEssentials

/// What became of a request's token.
package enum AuthenticationDecision: Sendable {
    case allowed(Permissions)
    /// 401, or 503 where `isOurFault`.
    case refused(AuthenticationFailure)
    /// The token's key may come with a fetch that is under way: ask again when
    /// `Authenticator.afterKeyFetch` calls.
    case keysNeeded
}

/// Verifies tokens and says what their bearers may do.
///
/// A token is signed with the shared secret (HS256, HS384, HS512), or with a key of the issuer's
/// published set (RS256, RS384, RS512, ES256, EdDSA). The key is found first and decides the
/// algorithm; a token whose header says another one has no key.
///
/// Any thread may call it. Nothing here waits; only the fetch of keys goes on by itself.
package final class Authenticator: Sendable {
    private let clock: Clock
    private let secret: VerificationKey?
    private let ring: KeyRing?
    private let rules: TokenRules
    private let roles: RoleTable
    package let counters = AuthenticationCounters()

    /// Nil where the configuration asks for no authentication.
    /// - Parameter observer: called on any thread; must not block.
    package convenience init?(
        _ configuration: Configuration, clock: Clock,
        observer: @escaping @Sendable (SecurityEvent) -> Void
    ) {
        guard configuration.authenticates else { return nil }
        let client = configuration.jwksURL.map { KeySetClient(url: $0) }
        let ring = client.map { client in
            KeyRing(
                clock: clock,
                fetch: { () async throws(KeyFetchError) in try await client.fetch() },
                observer: observer)
        }
        self.init(configuration, clock: clock, ring: ring)
    }

    init(_ configuration: Configuration, clock: Clock, ring: KeyRing?) {
        self.clock = clock
        self.ring = ring
        secret = configuration.jwtSecret.map { secret in
            precondition(secret.byteCount >= 32, "the configuration refuses shorter secrets")
            return .secret(secret.withBytes { SymmetricKey(data: $0) })
        }
        rules = TokenRules(configuration)
        roles = RoleTable(configuration)
    }

    /// Begins to fetch the issuer's keys, so that they are there for the first request.
    package func start() { ring?.start() }

    /// True where tokens can be verified: false until the issuer's keys were fetched, where no
    /// secret is shared.
    package var hasKeys: Bool { secret != nil || ring?.hasKeys == true }

    /// Judges the value of an `Authorization` field; empty where there is none.
    ///
    /// Verifies the signature each time. An event loop asks its `TokenMemory` instead.
    package func verify(_ authorization: UnsafeRawBufferPointer) -> AuthenticationDecision {
        switch judge(authorization) {
        case .accepted(let token): return .allowed(token.permissions)
        case .refused(let failure):
            counters.note(failure)
            return .refused(failure)
        case .keysNeeded: return .keysNeeded
        }
    }

    /// As `verify`, waiting for keys where they are needed.
    package func verify(waiting authorization: [UInt8]) async -> AuthenticationDecision {
        let first = authorization.withUnsafeBytes { verify($0) }
        guard case .keysNeeded = first else { return first }
        await withCheckedContinuation { continuation in
            if !afterKeyFetch({ continuation.resume() }) { continuation.resume() }
        }
        let second = authorization.withUnsafeBytes { verify($0) }
        guard case .keysNeeded = second else { return second }
        counters.note(.keysUnavailable)
        return .refused(.keysUnavailable)
    }

    /// Calls `body` on some thread when the fetch of keys that is under way has ended; at once
    /// where none is.
    /// - Returns: false where too many wait: `body` is not called, the request is to be refused.
    package func afterKeyFetch(_ body: @escaping @Sendable () -> Void) -> Bool {
        guard let ring else {
            body()
            return true
        }
        return ring.afterFetch(body)
    }

    /// Changes when a token that was verified before must be verified again.
    var generation: UInt64 { ring?.generation ?? 0 }

    enum Judgement {
        case accepted(AcceptedToken)
        case refused(AuthenticationFailure)
        case keysNeeded
    }

    /// As `verify`, with the time that the verdict holds, and without counting.
    func judge(_ authorization: UnsafeRawBufferPointer) -> Judgement {
        do throws(AuthenticationFailure) {
            let token = try SignedToken(BearerField.token(in: authorization))
            guard let key = try find(token) else { return .keysNeeded }
            guard key.verifies(token.signature, of: token.signed, token.algorithm) else {
                throw .signature
            }
            let now = Double(clock.now().rawValue) / 1000
            let grant = try rules.check(try token.claims(), at: now)
            return .accepted(
                AcceptedToken(
                    permissions: roles.permissions(grant.roles), secondsLeft: grant.secondsLeft))
        } catch {
            return .refused(error)
        }
    }

    /// The key that a token of this header must be signed with; nil where it may come yet.
    private func find(_ token: SignedToken) throws(AuthenticationFailure) -> VerificationKey? {
        if token.algorithm.isShared {
            guard let secret else { throw .algorithm }
            return secret
        }
        guard let ring else { throw .algorithm }
        switch ring.find(token.keyID, token.algorithm) {
        case .found(let key): return key
        case .fetching: return nil
        case .unknown: throw .unknownKey
        case .unavailable: throw .keysUnavailable
        }
    }
}

/// A verified token's permissions and how long they hold.
struct AcceptedToken: Sendable {
    let permissions: Permissions
    let secondsLeft: Double
}
