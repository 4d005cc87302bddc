import CacheBase
import CacheConfig
import Synchronization

@testable import CacheSecurity

/// An authenticator with a manual clock and a key set that the test publishes.
final class Bench: Sendable {
    let clock = Clock.manual(start: Timestamp(rawValue: UInt64(Issuer.now) * 1000))
    let authenticator: Authenticator
    let published = Published()
    private let ring: KeyRing?

    /// Where keys come from. A fetch waits for `open` where `close` was called before.
    final class Published: Sendable {
        struct State {
            var document: String?
            var fetches = 0
            var isClosed = false
            var waiting: [CheckedContinuation<Void, Never>] = []
        }

        let state = Mutex(State())

        var fetches: Int { state.withLock { $0.fetches } }
        func publish(_ document: String?) { state.withLock { $0.document = document } }
        func close() { state.withLock { $0.isClosed = true } }

        func open() {
            let waiting = state.withLock { state in
                state.isClosed = false
                let waiting = state.waiting
                state.waiting = []
                return waiting
            }
            for continuation in waiting { continuation.resume() }
        }

        func fetch() async throws(KeyFetchError) -> [UInt8] {
            await withCheckedContinuation { continuation in
                let isWaiting = state.withLock { state in
                    state.fetches += 1
                    if state.isClosed { state.waiting.append(continuation) }
                    return state.isClosed
                }
                if !isWaiting { continuation.resume() }
            }
            guard let document = state.withLock({ $0.document }) else {
                throw KeyFetchError("nothing is published")
            }
            return Array(document.utf8)
        }
    }

    /// - Parameter change: what the configuration has beside the shared secret.
    init(
        secret: String? = Issuer.secret, keys: String? = nil,
        _ change: (inout Configuration) -> Void = { _ in }
    ) {
        var configuration = Configuration()
        configuration.jwtSecret = secret.map { Secret($0) }
        configuration.jwksURL = keys == nil ? nil : "https://keys.example/jwks"
        change(&configuration)
        published.publish(keys)
        let published = published
        ring = keys.map { [clock] _ in
            KeyRing(
                clock: clock,
                fetch: { () async throws(KeyFetchError) in try await published.fetch() },
                observer: { _ in })
        }
        authenticator = Authenticator(configuration, clock: clock, ring: ring)
    }

    /// The verdict on a token, or the field as it is where it has a blank.
    func verify(_ token: String) -> AuthenticationDecision {
        let field = token.isEmpty || token.contains(" ") ? token : "Bearer " + token
        return Array(field.utf8).withUnsafeBytes { authenticator.verify($0) }
    }

    /// The same once keys that are needed were fetched.
    func verifyFetching(_ token: String) async -> AuthenticationDecision {
        await authenticator.verify(waiting: Array(("Bearer " + token).utf8))
    }

    func generation() -> UInt64 { authenticator.generation }

    func pass(seconds: UInt64) { clock.advance(milliseconds: seconds * 1000) }
}

extension AuthenticationDecision {
    var failure: AuthenticationFailure? {
        if case .refused(let failure) = self { failure } else { nil }
    }

    var permissions: Permissions? {
        if case .allowed(let permissions) = self { permissions } else { nil }
    }

    var isAllowed: Bool { permissions != nil }

    var needsKeys: Bool {
        if case .keysNeeded = self { true } else { false }
    }
}

extension Permissions {
    func allows(_ verbs: Verbs, _ key: String) -> Bool {
        Array(key.utf8).withUnsafeBytes { allows(verbs, $0) }
    }
}
