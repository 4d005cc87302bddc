package import CacheCluster

/// The keys of one cluster in the store.
package struct StoreKeys: Sendable, Equatable {
    /// What all of them begin with.
    package let prefix: String

    /// - Parameter cluster: tells this cluster from others in the same store.
    package init(cluster: String) { prefix = "/dcs/\(cluster)/" }

    /// The cluster map.
    package var map: String { prefix + "map" }

    /// Who is the controller; there while that node's lease lasts.
    package var controller: String { prefix + "controller" }

    private var nodes: String { prefix + "nodes/" }

    /// A node's registration; there while its lease lasts.
    package func node(_ id: NodeID) -> String { nodes + id.name }

    /// Whose registration the key is; nil where it is none.
    package func node(of key: String) -> NodeID? {
        key.hasPrefix(nodes) ? NodeID(String(key.dropFirst(nodes.count))) : nil
    }
}
