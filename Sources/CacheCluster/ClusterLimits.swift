/// Every limit of the cluster in one place, with what happens when it is reached.
package enum ClusterLimits {
    /// Members of one cluster; a further one is refused at its join.
    package static let membersMax = 1024
    /// Characters of a node's name, as of a DNS label.
    package static let nodeNameMax = 63
    /// Characters of an address; a longer one is refused.
    package static let addressMax = 255
    /// Copies of a partition, this one included; a higher setting is refused.
    package static let copiesMax = 8
    /// Points of each node on the ring: enough that its neighbours differ from point to point.
    package static let pointsPerNode = 64
    /// Bytes of an encoded map; etcd refuses values above 1.5 MB by default.
    package static let mapBytesMax = 1 << 20
}
