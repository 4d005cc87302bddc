internal import CacheBase
internal import CacheClusterNode
internal import CacheReplication
internal import Logging

/// Writes what happens in the cluster to the log.
struct ClusterLog: Sendable {
    private let log: Logger

    init(_ log: Logger) { self.log = log }

    func write(_ report: MembershipReport) {
        switch report {
        case .requestFailed(let reason):
            log.warning("etcd does not answer", metadata: ["reason": "\(reason)"])
        case .faulted(let reason):
            log.critical(
                "etcd contradicts itself; no writes until a restart",
                metadata: ["reason": "\(reason)"])
        }
    }

    func write(_ event: ClusterNodeEvent) {
        switch event {
        case .following(let node): log.info("following a node", metadata: ["node": "\(node)"])
        case .unreachable(let node, let reason):
            log.notice(
                "a node cannot be reached", metadata: ["node": "\(node)", "reason": "\(reason)"])
        case .lost(let node, let reason):
            log.notice(
                "the link to a node has ended",
                metadata: ["node": "\(node)", "reason": "\(reason)"])
        case .map(let epoch, let leading, let copies):
            log.info(
                "cluster map",
                metadata: ["epoch": "\(epoch)", "leading": "\(leading)", "copies": "\(copies)"])
        case .writable(true): log.info("this node's lease is valid: it takes writes")
        case .writable(false):
            log.warning("this node's lease was not renewed in time: it takes no writes")
        case .replication(.leadTaken):
            log.warning(
                "others lead what this node led: writes that waited for copies are of unknown outcome"
            )
        case .replication(.cannotLead(let partitions)):
            log.error(
                "the map wants this node to lead partitions whose history it does not know",
                metadata: ["partitions": "\(partitions)"])
        case .replication(.divergent(let node, let position)):
            log.warning(
                "records that the primary does not have are given up",
                metadata: [
                    "primary": "\(node)", "partition": "\(position.partition.rawValue)",
                    "sequence": "\(position.sequence)",
                ])
        case .failed(let error):
            log.error("a cluster map could not be acted on", metadata: ["error": "\(error)"])
        }
    }
}
