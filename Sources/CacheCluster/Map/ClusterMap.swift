package import CacheBase

/// Who is in the cluster and who holds what: what all nodes agree on, kept in etcd.
///
/// A value: every change makes a new one with the next epoch, written only where the one before
/// is still there (compare and swap).
///
/// Invariants: members ascend by name; there is a state and a list of intended holders for each
/// partition; whoever holds a partition is a member; see also `PartitionState`.
package struct ClusterMap: Sendable, Equatable {
    /// Of this map: one more with each change.
    package var epoch: UInt64
    /// Copies of each partition that are aimed at.
    package var copies: Int
    package var members: [Member]
    package var partitions: [PartitionState]
    /// Who should hold each partition; `ClusterController` leads there step by step.
    package var target: Placement

    /// A cluster of one node, which leads all partitions.
    package init(first member: Member, copies: Int) {
        epoch = 1
        self.copies = copies
        members = [member]
        let state = PartitionState(
            epoch: Epoch(rawValue: 1), primary: member.id, inSync: [member.id])
        partitions = [PartitionState](repeating: state, count: Limits.partitions)
        target = Placement(of: [member.id], copies: copies)
    }

    init(
        epoch: UInt64, copies: Int, members: [Member], partitions: [PartitionState],
        target: Placement
    ) {
        self.epoch = epoch
        self.copies = copies
        self.members = members
        self.partitions = partitions
        self.target = target
    }

    package subscript(partition: Partition) -> PartitionState {
        partitions[Int(partition.rawValue)]
    }

    package func member(_ id: NodeID) -> Member? { members.first { $0.id == id } }

    /// True where the node is a member that can serve.
    package func isAlive(_ id: NodeID) -> Bool { member(id)?.isAlive ?? false }

    /// Partitions that nobody leads.
    package var leaderless: Int { partitions.count { $0.primary == nil } }

    /// Copies that are still to be made.
    package var movesLeft: Int {
        zip(partitions, target.lists).reduce(0) { moves, pair in
            moves + pair.1.count { !pair.0.inSync.contains(target.nodes[$0]) }
        }
    }

    /// What is wrong with the map; nil where its invariants hold.
    package var flaw: String? {
        let names = members.map(\.id)
        if names != Array(Set(names)).sorted() { return "the members are not in order" }
        if partitions.count != Limits.partitions || target.lists.count != Limits.partitions {
            return "the map does not have \(Limits.partitions) partitions"
        }
        let known = Set(names)
        for (number, state) in partitions.enumerated() {
            if !state.isSound { return "partition \(number) contradicts itself" }
            if !known.isSuperset(of: state.inSync + state.learners) {
                return "partition \(number) is held by a stranger"
            }
            if let primary = state.primary, !isAlive(primary) {
                return "partition \(number) is led by a node that is lost"
            }
        }
        return known.isSuperset(of: target.nodes) ? nil : "a stranger is to hold partitions"
    }
}
