internal import CacheReplication

/// A link from a replica to its primary: messages arrive in order, at any time, or are lost with
/// it.
final class SimulatedLink {
    let replica: SimulatedNode
    let primary: SimulatedNode
    /// The processes that it is between.
    let replicaLife: NodeLife
    let primaryLife: NodeLife
    let toReplica = Mailbox<ReplicationMessage>()
    let toPrimary = Mailbox<ReplicationMessage>()
    /// What has arrived at the replica, and will once more.
    let again = Mailbox<ReplicationMessage>()
    /// Why an end wants it closed.
    let complaints = Mailbox<String>()
    let sink: ReplicaSink
    let source: ReplicaSource
    private(set) var isOpen = true
    /// Who was told of its end.
    var isReplicaTold = false
    var isPrimaryTold = false

    init?(_ replica: SimulatedNode, _ primary: SimulatedNode) {
        guard let replicaLife = replica.running, let primaryLife = primary.running else {
            return nil
        }
        (self.replica, self.primary) = (replica, primary)
        (self.replicaLife, self.primaryLife) = (replicaLife, primaryLife)
        let (toReplica, toPrimary, complaints) = (toReplica, toPrimary, complaints)
        sink = replicaLife.replication.connected(
            primary.id, send: { toPrimary.post($0) }, fail: { complaints.post("replica: " + $0) })
        source = primaryLife.replication.accepted(
            replica.id, send: { toReplica.post($0) }, fail: { complaints.post("primary: " + $0) })
    }

    /// What is under way is lost.
    func close() {
        isOpen = false
        _ = toReplica.takeAll()
        _ = toPrimary.takeAll()
        _ = again.takeAll()
    }

    /// Whether an end still runs in the process in which it was made.
    var isReplicaThere: Bool { replica.life === replicaLife }
    var isPrimaryThere: Bool { primary.life === primaryLife }

    /// Nothing is left to do for it.
    var isOver: Bool {
        !isOpen && (isReplicaTold || !isReplicaThere) && (isPrimaryTold || !isPrimaryThere)
    }
}
