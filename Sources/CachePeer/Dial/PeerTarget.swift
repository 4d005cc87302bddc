package import CacheCluster

/// A node and where it listens for others.
package struct PeerTarget: Sendable, Hashable {
    package let node: NodeID
    /// A name or an address.
    package let host: String
    package let port: Int

    package init(node: NodeID, host: String, port: Int) {
        self.node = node
        self.host = host
        self.port = port
    }
}
