/// What the operator is told, beside what is counted.
package enum SecurityEvent: Sendable, Equatable {
    /// The issuer's keys are other ones now; `dropped` of them cannot be used here.
    case keysChanged(count: Int, dropped: Int)
    /// A fetch of the issuer's keys failed; those that are there stay for a while.
    case keysNotFetched(String)
}
