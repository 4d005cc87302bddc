internal import CacheCluster
internal import NIOCore
internal import Synchronization

/// The connections of a listener, counted against their limits.
///
/// Invariant: `handshakes` is the number of those in `open` whose node is not known yet.
final class AcceptedConnections: Sendable {
    private struct Accepted {
        let channel: any Channel
        /// Nil in its handshake.
        var node: NodeID?
    }

    private struct State {
        var open: [ObjectIdentifier: Accepted] = [:]
        var handshakes = 0
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
                state.handshakes < settings.handshakesMax
            else { return false }
            state.open[id] = Accepted(channel: channel)
            state.handshakes += 1
            return true
        }
        if isIn { channel.closeFuture.whenComplete { _ in self.leave(id) } }
        return isIn
    }

    /// The other side is known.
    func settled(_ channel: any Channel, node: NodeID) {
        let id = ObjectIdentifier(channel)
        state.withLock { state in
            guard let accepted = state.open[id], accepted.node == nil else { return }
            state.open[id]?.node = node
            state.handshakes -= 1
        }
    }

    /// Those of certain nodes.
    func channels(where isMeant: (NodeID) -> Bool) -> [any Channel] {
        // Whoever decides may take locks of its own.
        let all = state.withLock { Array($0.open.values) }
        return all.filter { $0.node.map(isMeant) ?? false }.map(\.channel)
    }

    /// Takes nobody any more.
    /// - Returns: those that are there.
    func stop() -> [any Channel] {
        state.withLock { state in
            state.isStopped = true
            return state.open.values.map(\.channel)
        }
    }

    private func leave(_ id: ObjectIdentifier) {
        state.withLock { state in
            guard let accepted = state.open.removeValue(forKey: id) else { return }
            if accepted.node == nil { state.handshakes -= 1 }
        }
    }
}
