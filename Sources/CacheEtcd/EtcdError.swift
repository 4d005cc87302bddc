/// Why etcd did not do what it was asked.
package struct EtcdError: Error, Equatable, CustomStringConvertible {
    package enum Kind: Sendable, Equatable {
        /// No connection, or it broke.
        case unreachable
        /// No answer in time.
        case timedOut
        /// etcd says no, with its gRPC code: 14 while it has no leader.
        case refused(code: Int)
        /// The user's token is none, or no longer.
        case unauthenticated
        /// The answer is none that etcd gives, or is too long.
        case unreadable
        /// The endpoint belongs to another etcd than the one that answered first.
        case otherCluster
    }

    package let kind: Kind
    package let message: String

    init(_ kind: Kind, _ message: String) {
        self.kind = kind
        self.message = String(message.prefix(EtcdLimits.messageMax))
    }

    package var description: String { "etcd: \(message)" }

    /// Another endpoint may do better.
    var isOfEndpoint: Bool {
        switch kind {
        case .unreachable, .timedOut, .unreadable, .otherCluster: true
        // Unavailable: this member sees no leader, or is going down.
        case .refused(let code): code == 14
        case .unauthenticated: false
        }
    }
}
