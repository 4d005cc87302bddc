internal import CacheClusterNode
internal import CacheCluster
internal import CacheNode
internal import CachePeer
internal import CacheReplication
internal import CacheTelemetry

extension ClusterParts {
    /// Writes what the cluster looks like from this node. A label is the name of a member, of which
    /// there are as many as the map has.
    func collect(_ text: inout PrometheusText) {
        let table = node.router.table
        let led = table.me.map { table.partitionsLed(by: $0) } ?? 0
        text.metric(
            "dcs_cluster_epoch", .gauge, "Of the cluster map in force.", table.epoch)
        text.metric(
            "dcs_cluster_members", .gauge, "Nodes in the cluster map that are alive.",
            UInt64(table.nodes.count { $0.isAlive }))
        text.metric(
            "dcs_partitions_led", .gauge, "Partitions whose writes this node takes.", UInt64(led))
        text.metric(
            "dcs_partitions_held", .gauge, "Partitions that this node has a copy of.",
            UInt64(table.partitionsHeld))
        text.metric(
            "dcs_partitions_leaderless", .gauge, "Partitions that nobody leads.",
            UInt64(table.partitionsLed(by: RoutingTable.nobody)))
        collectReplicas(&text)
        text.metric(
            "dcs_peer_certificate_expiry_timestamp_seconds", .gauge,
            "When this node's certificate towards its peers ends, in seconds since 1970.",
            UInt64(max(0, identity.expirySeconds)))
    }

    private func collectReplicas(_ text: inout PrometheusText) {
        text.begin(
            "dcs_replication_lag_bytes", .gauge,
            "Bytes of this node's log that a replica has not been sent yet, about.")
        for follower in node.replication.followers.sorted(by: { $0.node < $1.node }) {
            text.sample(
                "dcs_replication_lag_bytes", [("node", follower.node.name)],
                follower.streams.map(\.lagBytes).max() ?? 0)
        }
        let counts = node.replication.counts
        text.metric(
            "dcs_replication_records_applied_total", .counter,
            "Records of other nodes' logs that were applied here.", counts.records)
        text.metric(
            "dcs_replication_partitions_copied_total", .counter,
            "Partitions that were copied here as a whole.", counts.copiedPartitions)
        text.metric(
            "dcs_replication_partitions_given_up_total", .counter,
            "Partitions whose records here their primary did not have.",
            counts.setAsidePartitions)
    }
}
