internal import CacheBase
internal import CacheCluster

/// A client of the cluster, with its own keys and a map that may be old.
struct ClusterClient {
    /// A write that waits for its answer.
    struct Waiting {
        let node: SimulatedNode
        let life: NodeLife
        let key: Int
        let number: UInt64
        let lsn: LSN
    }

    let keys: [Int]
    var map: ClusterMap
    var waiting: Waiting?
}
