package import CacheBase

/// Nodes on a circle of 64-bit numbers, each at many points; what belongs at a number belongs to
/// the nodes met first from there on.
///
/// Karger et al., "Consistent Hashing and Random Trees" (1997). The points of a node depend on its
/// name alone, so that every process computes the same ring for ever.
package struct HashRing: Sendable {
    /// Ascending by place; of two at one place the lower node comes first.
    private let points: [Point]
    /// Of each node its own places, ascending.
    private let places: [[UInt64]]

    private struct Point: Comparable, Sendable {
        let place: UInt64
        let node: UInt16

        static func < (left: Point, right: Point) -> Bool {
            (left.place, left.node) < (right.place, right.node)
        }
    }

    /// - Parameter nodes: at most `ClusterLimits.membersMax`, all different.
    /// - Complexity: O(points · log points).
    package init(_ nodes: [NodeID]) {
        precondition(nodes.count <= ClusterLimits.membersMax, "more nodes than a cluster may have")
        places = nodes.map { node in
            var random = SplitMix64(seed: Self.hash(node))
            return (0..<ClusterLimits.pointsPerNode).map { _ in random.next() }.sorted()
        }
        points = places.enumerated().flatMap { index, places in
            places.map { Point(place: $0, node: UInt16(index)) }
        }.sorted()
    }

    /// Where a partition lies on the circle.
    package static func place(of partition: Partition) -> UInt64 {
        var random = SplitMix64(seed: UInt64(partition.rawValue))
        return random.next()
    }

    /// All nodes in the order in which they are met from a partition's place on, until `visit`
    /// returns false.
    /// - Complexity: O(points passed).
    package func walk(from partition: Partition, _ visit: (_ node: Int) -> Bool) {
        var seen = [Bool](repeating: false, count: places.count)
        var left = places.count
        let place = Self.place(of: partition)
        var index = Self.firstIndex(in: points) { $0.place >= place } ?? 0
        while left > 0 {
            let node = Int(points[index].node)
            if !seen[node] {
                seen[node] = true
                left -= 1
                guard visit(node) else { return }
            }
            index = index + 1 == points.count ? 0 : index + 1
        }
    }

    /// How far a partition's place is from the next point of a node.
    /// - Complexity: O(log points of a node).
    package func distance(from partition: Partition, to node: Int) -> UInt64 {
        let place = Self.place(of: partition)
        let own = places[node]
        return own[Self.firstIndex(in: own) { $0 >= place } ?? 0] &- place
    }

    /// The first element of a partitioned array for which `isReached` holds.
    private static func firstIndex<Element>(
        in elements: [Element], where isReached: (Element) -> Bool
    ) -> Int? {
        var (low, high) = (0, elements.count)
        while low < high {
            let middle = (low + high) / 2
            if isReached(elements[middle]) { high = middle } else { low = middle + 1 }
        }
        return low == elements.count ? nil : low
    }

    /// FNV-1a over the name's bytes; `SplitMix64` spreads what it leaves together.
    private static func hash(_ node: NodeID) -> UInt64 {
        node.name.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    }
}
