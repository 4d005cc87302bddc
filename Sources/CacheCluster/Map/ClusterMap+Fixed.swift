internal import CacheBase

extension ClusterMap {
    /// The map of a fixed group: every node computes the same. Each partition has its primary for
    /// good; its other holders count from when the primary says that they have everything.
    package init(fixed members: [Member], copies: Int) {
        precondition(!members.isEmpty, "a group has members")
        let members = members.sorted { $0.id < $1.id }
        let target = Placement(of: members.map(\.id), copies: copies)
        let partitions = target.lists.map { list in
            let holders = list.map { target.nodes[$0] }
            return PartitionState(
                epoch: Epoch(rawValue: 1), primary: holders[0], inSync: [holders[0]],
                learners: Array(holders.dropFirst()))
        }
        self.init(
            epoch: 1, copies: copies, members: members, partitions: partitions, target: target)
    }
}
