package import CacheBase
package import CacheCluster

/// Where the requests of each partition go, as one map says it; made for event loops.
///
/// Invariant: numbers of nodes are places in `nodes`.
package struct RoutingTable: Sendable {
    /// Nobody leads the partition.
    package static let nobody = UInt16.max

    package let epoch: UInt64
    package let nodes: [Member]
    /// This node's place; nil where it is no member.
    package let me: UInt16?
    /// Of each partition: who takes its writes.
    private let primaries: [UInt16]
    /// Of each partition: who has all that was acknowledged.
    package let copies: [[UInt16]]
    /// Partitions of which this node has a copy, that may lag.
    private let isHere: [Bool]
    /// Partitions that are being handed over: for a moment nobody takes writes.
    private let isMoving: [Bool]

    /// - Parameter notLed: partitions that the map gives to this node, and that it cannot lead.
    package init(_ map: ClusterMap, _ me: NodeID, notLed: Set<Partition> = []) {
        epoch = map.epoch
        nodes = map.members
        var places: [NodeID: UInt16] = [:]
        for (place, member) in map.members.enumerated() { places[member.id] = UInt16(place) }
        self.me = places[me]
        primaries = map.partitions.enumerated().map { number, state in
            if notLed.contains(Partition(rawValue: UInt16(number))) { return Self.nobody }
            return state.primary.flatMap { places[$0] } ?? Self.nobody
        }
        copies = map.partitions.map { $0.inSync.compactMap { places[$0] } }
        isHere = map.partitions.map { $0.involves(me) }
        isMoving = map.partitions.map { $0.successor != nil }
    }

    /// Of no cluster yet: nobody serves anything.
    package static let empty = RoutingTable()

    private init() {
        epoch = 0
        nodes = []
        me = nil
        primaries = [UInt16](repeating: Self.nobody, count: Limits.partitions)
        copies = [[UInt16]](repeating: [], count: Limits.partitions)
        isHere = [Bool](repeating: false, count: Limits.partitions)
        isMoving = isHere
    }

    package func primary(of partition: Partition) -> UInt16 {
        primaries[Int(partition.rawValue)]
    }

    /// The name of the node at a place; nil where there is none.
    package func name(of place: UInt16) -> String? {
        Int(place) < nodes.count ? nodes[Int(place)].id.name : nil
    }

    /// The place of a node; nil where there is none of that name.
    package func place(of name: String) -> UInt16? {
        nodes.firstIndex { $0.id.name == name }.map { UInt16($0) }
    }

    /// Partitions that a node leads.
    package func partitionsLed(by place: UInt16) -> Int { primaries.count { $0 == place } }

    /// Partitions that this node has a copy of.
    package var partitionsHeld: Int { isHere.count { $0 } }

    /// Nodes that have all that was acknowledged of a partition.
    package func copiesInSync(of partition: Partition) -> UInt8 {
        UInt8(clamping: copies[Int(partition.rawValue)].count)
    }

    package func isHere(_ partition: Partition) -> Bool { isHere[Int(partition.rawValue)] }
    package func isMoving(_ partition: Partition) -> Bool { isMoving[Int(partition.rawValue)] }
}

/// Where a request goes.
package enum RequestDestination: Equatable, Sendable {
    case here
    case node(UInt16)
    /// Nobody takes it for now.
    case nobody
}
