internal import CacheBase
internal import CacheCluster

/// What the cluster agrees on, as etcd would keep it: the newest map, and who is registered under a
/// lease.
///
/// Invariant: a map is made from the newest one only.
struct ClusterAgreement {
    /// It holds for ever what the run does not use, so that a map costs little.
    static let absent = SimulatedNode.id(ofName: "absent")

    private var controller: ClusterController
    /// The life of each node that holds the registration of its name.
    var registered: [NodeID: Int] = [:]

    var map: ClusterMap { controller.map }

    /// A cluster of one node, which leads `partitions`; the others have no leader.
    init(first: NodeID, copies: Int, partitions: Set<Partition>) {
        var map = ClusterMap(first: Self.member(first), copies: copies)
        var absent = Self.member(Self.absent)
        absent.state = .leaving
        map.members = [absent] + map.members
        for number in map.partitions.indices
        where !partitions.contains(Partition(rawValue: UInt16(number))) {
            map.partitions[number] = PartitionState(
                epoch: Epoch(rawValue: 1), primary: nil, inSync: [Self.absent])
        }
        controller = ClusterController(map)
    }

    static func member(_ id: NodeID) -> Member {
        Member(id: id, dataAddress: "\(id):1", peerAddress: "\(id):2")
    }

    /// Writes the next map over the newest.
    /// - Returns: false where nothing changed.
    mutating func handle(_ events: [ClusterEvent]) -> Bool { controller.handle(events) }

    /// Who came or went and is not in the map so: what an elected controller sees.
    var due: [ClusterEvent] {
        let lost = map.members.filter {
            $0.isAlive && registered[$0.id] == nil && $0.id != Self.absent
        }.map { ClusterEvent.lost($0.id) }
        let arrived = registered.keys.sorted().filter { !map.isAlive($0) }
            .map { ClusterEvent.arrived(Self.member($0)) }
        return lost + arrived
    }
}
