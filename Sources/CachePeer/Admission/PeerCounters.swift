internal import Synchronization

/// What a listener or a dialer has met. Any thread adds, any thread reads.
package final class PeerCounters: Sendable {
    private struct Counts {
        var refused: [PeerRefusal: UInt64] = [:]
        var admitted: [PeerProtocol: UInt64] = [:]
    }

    private let counts = Mutex(Counts())

    package init() {}

    /// Connections refused for this reason.
    package subscript(refusal: PeerRefusal) -> UInt64 {
        counts.withLock { $0.refused[refusal, default: 0] }
    }

    /// Connections whose other side was who it had to be.
    package subscript(admitted spoken: PeerProtocol) -> UInt64 {
        counts.withLock { $0.admitted[spoken, default: 0] }
    }

    func note(_ refusal: PeerRefusal) {
        counts.withLock { $0.refused[refusal, default: 0] += 1 }
    }

    func noteAdmitted(_ spoken: PeerProtocol) {
        counts.withLock { $0.admitted[spoken, default: 0] += 1 }
    }
}
