import CacheBase
import CacheCluster
import CacheEtcd
import CacheMembership
import Synchronization

/// Nodes without data that agree through an etcd; what replication would say is said for it.
final class LocalCluster {
    final class Node: Sendable {
        let runner: MembershipRunner
        let faults = Mutex<[MembershipFault]>([])
        let maps = Mutex<[ClusterMap]>([])

        init(_ number: Int, _ client: EtcdClient, _ clock: Clock) {
            let node = Mutex<Node?>(nil)
            runner = MembershipRunner(
                MembershipSettings(
                    member: LocalCluster.member(number), keys: StoreKeys(cluster: "test"),
                    copies: 2),
                store: client, clock: clock,
                handlers: MembershipHandlers(
                    mapChanged: { map in
                        node.withLock { $0 }?.maps.withLock { $0.append(map) }
                    },
                    faulted: { fault in
                        node.withLock { $0 }?.faults.withLock { $0.append(fault) }
                    }))
            node.withLock { $0 = self }
        }
    }

    let clock = Clock.system()
    private let client: EtcdClient
    private var running: [Int: (node: Node, task: Task<Void, Never>)] = [:]
    /// Two nodes that could write the same partition at one instant.
    private(set) var violations: [String] = []

    init(_ etcd: EtcdProcess) throws {
        client = try EtcdClient(EtcdSettings(endpoints: [etcd.endpoint]))
    }

    static func member(_ number: Int) -> Member {
        guard let id = NodeID("node-\(number)") else { preconditionFailure("it is a name") }
        return Member(id: id, dataAddress: "127.0.0.1:1", peerAddress: "127.0.0.1:2")
    }

    var nodes: [Node] { running.sorted { $0.key < $1.key }.map(\.value.node) }

    func start(_ number: Int) {
        let node = Node(number, client, clock)
        running[number] = (node, Task { await node.runner.run() })
    }

    /// Ends a node as a kill would: it says nothing.
    func kill(_ number: Int) async -> Node? {
        guard let (node, task) = running.removeValue(forKey: number) else { return nil }
        task.cancel()
        await task.value
        return node
    }

    func end() async {
        for number in Array(running.keys) { _ = await kill(number) }
        await client.close()
    }

    /// The newest map that a running node knows.
    var map: ClusterMap? { nodes.compactMap(\.runner.map).max { $0.epoch < $1.epoch } }

    /// All are up, know the map and may write; nothing is left to move.
    func isAtRest(_ count: Int) -> Bool {
        guard let map,
            nodes.allSatisfy({
                $0.runner.standing.mayWriteUntil != nil && $0.runner.map?.epoch == map.epoch
            })
        else { return false }
        return map.members.count { $0.isAlive } == count && map.movesLeft == 0
            && map.leaderless == 0 && map.partitions.allSatisfy { $0.successor == nil }
            && nodes.count { $0.runner.isController } == 1
    }

    /// Waits, and meanwhile says for each leader that its learners caught up and that it handed
    /// over, and looks for two that could write at once.
    func until(_ isSo: () -> Bool) async throws {
        while !isSo() {
            replicate()
            checkWriters()
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    private func replicate() {
        for (number, (node, _)) in running {
            guard let map = node.runner.map else { continue }
            let me = Self.member(number).id
            for (index, state) in map.partitions.enumerated() where state.primary == me {
                let partition = Partition(rawValue: UInt16(index))
                for learner in state.learners {
                    _ = node.runner.propose(.caughtUp(partition, learner, state.epoch))
                }
                if state.successor != nil {
                    _ = node.runner.propose(.handedOver(partition, state.epoch))
                }
            }
        }
    }

    /// Who could write before and after another could, in one epoch, could also in between.
    private func checkWriters() {
        for first in nodes {
            for second in nodes where first !== second {
                for index in 0..<Limits.partitions {
                    let partition = Partition(rawValue: UInt16(index))
                    guard let epoch = epochOfWrites(first, partition),
                        epochOfWrites(second, partition) != nil,
                        epochOfWrites(first, partition) == epoch
                    else { continue }
                    violations.append("partition \(index) has two writers")
                }
            }
        }
    }

    private func epochOfWrites(_ node: Node, _ partition: Partition) -> Epoch? {
        let epoch = node.runner.standing[partition].epoch
        let now = clock.monotonicNanoseconds()
        guard node.runner.standing.mayWrite(partition, at: now) else { return nil }
        return node.runner.standing[partition].epoch == epoch ? epoch : nil
    }
}
