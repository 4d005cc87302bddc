internal import NIOCore
internal import Synchronization

/// The connections of a listener, counted against their limits.
final class AcceptedConnections: Sendable {
    private struct State {
        var open: [ObjectIdentifier: any Channel] = [:]
        /// Those of `open` whose other side is not known yet.
        var handshakes: Set<ObjectIdentifier> = []
        var isStopped = false
    }

    private let settings: PeerSettings
    private let state = Mutex(State())

    init(_ settings: PeerSettings) { self.settings = settings }

    var count: Int { state.withLock { $0.open.count } }

    /// Takes a place, until the channel is closed; false where there is none.
    func enter(_ channel: any Channel) -> Bool {
        let id = ObjectIdentifier(channel)
        let isIn = state.withLock { state in
            guard !state.isStopped, state.open.count < settings.connectionsMax,
                state.handshakes.count < settings.handshakesMax
            else { return false }
            state.open[id] = channel
            state.handshakes.insert(id)
            return true
        }
        if isIn { channel.closeFuture.whenComplete { _ in self.leave(id) } }
        return isIn
    }

    /// The other side is known.
    func settled(_ channel: any Channel) {
        state.withLock { _ = $0.handshakes.remove(ObjectIdentifier(channel)) }
    }

    /// Takes nobody any more.
    /// - Returns: those that are there.
    func stop() -> [any Channel] {
        state.withLock { state in
            state.isStopped = true
            return Array(state.open.values)
        }
    }

    private func leave(_ id: ObjectIdentifier) {
        state.withLock { state in
            state.open[id] = nil
            state.handshakes.remove(id)
        }
    }
}
