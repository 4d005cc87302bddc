internal import Synchronization

/// How many requests were refused, by reason. Any thread adds, any thread reads.
package final class AuthenticationCounters: Sendable {
    private let missing = Atomic<UInt64>(0)
    private let malformed = Atomic<UInt64>(0)
    private let algorithm = Atomic<UInt64>(0)
    private let unknownKey = Atomic<UInt64>(0)
    private let signature = Atomic<UInt64>(0)
    private let expired = Atomic<UInt64>(0)
    private let notYetValid = Atomic<UInt64>(0)
    private let issuer = Atomic<UInt64>(0)
    private let audience = Atomic<UInt64>(0)
    private let claims = Atomic<UInt64>(0)
    private let keysUnavailable = Atomic<UInt64>(0)
    private let forbiddenCount = Atomic<UInt64>(0)

    package init() {}

    /// Requests refused with 401, or 503, for this reason.
    package subscript(failure: AuthenticationFailure) -> UInt64 {
        withCounter(failure) { $0.load(ordering: .relaxed) }
    }

    /// Requests, and operations of batches, refused with 403.
    package var forbidden: UInt64 { forbiddenCount.load(ordering: .relaxed) }

    /// A request, or an operation of a batch, is refused with 403.
    package func noteForbidden() { forbiddenCount.add(1, ordering: .relaxed) }

    func note(_ failure: AuthenticationFailure) {
        withCounter(failure) { _ = $0.add(1, ordering: .relaxed) }
    }

    private func withCounter<Result>(
        _ failure: AuthenticationFailure, _ body: (borrowing Atomic<UInt64>) -> Result
    ) -> Result {
        switch failure {
        case .missing: body(missing)
        case .malformed: body(malformed)
        case .algorithm: body(algorithm)
        case .unknownKey: body(unknownKey)
        case .signature: body(signature)
        case .expired: body(expired)
        case .notYetValid: body(notYetValid)
        case .issuer: body(issuer)
        case .audience: body(audience)
        case .claims: body(claims)
        case .keysUnavailable: body(keysUnavailable)
        }
    }
}
