/// A node of the cluster, as the map knows it.
package struct Member: Sendable, Hashable {
    package enum State: String, Sendable, Codable, CaseIterable {
        /// It holds a lease.
        case up
        /// It holds a lease and gives its partitions away; once it has none it is no member.
        case leaving
        /// Its lease ended. What it holds is out of date from then on.
        case lost
    }

    package let id: NodeID
    /// Where clients reach it: host and port.
    package var dataAddress: String
    /// Where other nodes reach it.
    package var peerAddress: String
    package var state: State

    package init(id: NodeID, dataAddress: String, peerAddress: String, state: State = .up) {
        self.id = id
        self.dataAddress = dataAddress
        self.peerAddress = peerAddress
        self.state = state
    }

    /// It can serve now.
    package var isAlive: Bool { state != .lost }
}
