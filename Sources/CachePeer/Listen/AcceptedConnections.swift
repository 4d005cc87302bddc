internal import CacheCluster
internal import NIOCore
internal import Synchronization

/// The connections of a listener, counted against their limits.
///
/// Invariant: `handshakes` is the number of those in `open` whose node is not known yet, and
/// `perNode` of those of each node.
final class AcceptedConnections: Sendable {
    private struct Accepted {
        let channel: any Channel
        /// Nil in its handshake.
        var node: NodeID?
    }

    private struct State {
        var open: [ObjectIdentifier: Accepted] = [:]
        var handshakes = 0
        var perNode: [NodeID: Int] = [:]
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

    /// The other side is known; false where it has as many connections as it may.
    func admit(_ channel: any Channel, node: NodeID) -> Bool {
        let id = ObjectIdentifier(channel)
        return state.withLock { state in
            guard let accepted = state.open[id], accepted.node == nil,
                state.perNode[node, default: 0] < settings.connectionsPerNodeMax
            else { return false }
            state.open[id]?.node = node
            state.handshakes -= 1
            state.perNode[node, default: 0] += 1
            return true
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
            guard let node = accepted.node else {
                state.handshakes -= 1
                return
            }
            let others = state.perNode[node, default: 1] - 1
            state.perNode[node] = others > 0 ? others : nil
        }
    }
}
