internal import CacheBase
internal import FoundationEssentials

/// What is wrong with an encoded map.
package struct ClusterMapError: Error, CustomStringConvertible {
    package let description: String
}

/// The map as etcd keeps it: JSON, in which nodes are numbered in the order of `members`.
extension ClusterMap {
    /// A format that this version does not know is refused, and the map left as it is.
    private static let format = 1

    private struct Wire: Codable {
        var format: Int
        var epoch: UInt64
        var copies: Int
        var members: [Node]
        /// Of each partition: epoch, primary and successor (-1 for none).
        var led: [[Int]]
        var inSync: [[Int]]
        var learners: [[Int]]
        var target: [[Int]]
    }

    private struct Node: Codable {
        var id: String
        var data: String
        var peer: String
        var state: Member.State
    }

    package func encoded() -> [UInt8] {
        let numbers = Dictionary(
            uniqueKeysWithValues: members.enumerated().map { ($0.element.id, $0.offset) })
        func number(_ node: NodeID?) -> Int { node.flatMap { numbers[$0] } ?? -1 }
        let wire = Wire(
            format: Self.format, epoch: epoch, copies: copies,
            members: members.map {
                Node(
                    id: $0.id.name, data: $0.dataAddress, peer: $0.peerAddress, state: $0.state)
            },
            led: partitions.map {
                [Int($0.epoch.rawValue), number($0.primary), number($0.successor)]
            },
            inSync: partitions.map { $0.inSync.map(number) },
            learners: partitions.map { $0.learners.map(number) },
            target: target.lists.map { list in list.map { number(target.nodes[$0]) } })
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        guard let data = try? encoder.encode(wire) else {
            preconditionFailure("a map of numbers and names can be encoded")
        }
        return Array(data)
    }

    /// - Throws: `ClusterMapError`, where the bytes are no map or one that contradicts itself.
    package init(decoding bytes: [UInt8]) throws(ClusterMapError) {
        guard bytes.count <= ClusterLimits.mapBytesMax else {
            throw ClusterMapError(description: "a map of \(bytes.count) bytes is too large")
        }
        guard let wire = try? JSONDecoder().decode(Wire.self, from: Data(bytes)) else {
            throw ClusterMapError(description: "the cluster map is not readable")
        }
        guard wire.format == Self.format else {
            throw ClusterMapError(
                description: "the cluster map has format \(wire.format), which this version "
                    + "does not know")
        }
        guard let map = Self.make(wire) else {
            throw ClusterMapError(description: "the cluster map names what is not there")
        }
        if let flaw = map.flaw { throw ClusterMapError(description: "the cluster map: \(flaw)") }
        self = map
    }

    private static func make(_ wire: Wire) -> ClusterMap? {
        let members = wire.members.compactMap { node in
            NodeID(node.id).map {
                Member(id: $0, dataAddress: node.data, peerAddress: node.peer, state: node.state)
            }
        }
        let known = members.indices
        let counts = [wire.led.count, wire.inSync.count, wire.learners.count, wire.target.count]
        guard members.count == wire.members.count, members.count <= ClusterLimits.membersMax,
            (1...ClusterLimits.copiesMax).contains(wire.copies),
            counts.allSatisfy({ $0 == Limits.partitions }),
            (wire.inSync + wire.learners + wire.target).joined().allSatisfy(known.contains),
            wire.led.allSatisfy({ led in
                led.count == 3 && UInt32(exactly: led[0]) != nil
                    && led.dropFirst().allSatisfy { $0 == -1 || known.contains($0) }
            })
        else { return nil }
        let partitions = wire.led.indices.map { index in
            let led = wire.led[index]
            return PartitionState(
                epoch: Epoch(rawValue: UInt32(led[0])),
                primary: led[1] < 0 ? nil : members[led[1]].id,
                inSync: wire.inSync[index].map { members[$0].id },
                learners: wire.learners[index].map { members[$0].id },
                successor: led[2] < 0 ? nil : members[led[2]].id)
        }
        let held = Set(wire.target.joined()).sorted()
        let places = Dictionary(uniqueKeysWithValues: held.enumerated().map { ($1, $0) })
        let target = Placement(
            nodes: held.map { members[$0].id },
            lists: wire.target.map { list in list.compactMap { places[$0] } })
        return ClusterMap(
            epoch: wire.epoch, copies: wire.copies, members: members, partitions: partitions,
            target: target)
    }
}
