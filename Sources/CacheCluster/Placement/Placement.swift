package import CacheBase

/// Which nodes should hold each partition, the intended primary first.
///
/// Computed from the ring, but with bounded loads (Mirrokni, Thorup and Zadimoghaddam, "Consistent
/// Hashing with Bounded Loads", 2018) and from the placement before: only what must move moves.
///
/// Invariants, where there are nodes: every partition has `copies` different nodes, or all of them
/// where there are fewer; no two nodes differ by more than one in the partitions they hold; nor in
/// those they lead, where the lists allow it.
package struct Placement: Sendable, Equatable {
    /// Ascending.
    package let nodes: [NodeID]
    /// Of each partition, indices into `nodes`.
    package let lists: [[Int]]

    /// Nobody holds anything.
    package static let none = Placement(
        nodes: [], lists: [[Int]](repeating: [], count: Limits.partitions))

    init(nodes: [NodeID], lists: [[Int]]) {
        self.nodes = nodes
        self.lists = lists
    }

    /// Places all partitions on `nodes`, with as few moves as the bounds allow.
    /// - Parameters:
    ///   - nodes: all different, in any order, at most `ClusterLimits.membersMax`.
    ///   - copies: of each partition, at least one.
    ///   - previous: where the partitions are now.
    package init(of nodes: [NodeID], copies: Int, from previous: Placement = .none) {
        precondition(copies > 0, "a partition has at least one copy")
        let nodes = nodes.sorted()
        guard !nodes.isEmpty else {
            self.init(nodes: [], lists: Placement.none.lists)
            return
        }
        let kept = previous.kept(on: nodes)
        var copying = CopyPlacement(
            ring: HashRing(nodes), nodes: nodes.count, copies: min(copies, nodes.count), kept: kept)
        copying.place()
        var leading = LeaderPlacement(lists: copying.lists, nodes: nodes.count)
        leading.balance()
        self.init(nodes: nodes, lists: leading.lists)
    }

    /// The nodes of a partition, its intended primary first.
    package subscript(partition: Partition) -> [NodeID] {
        lists[Int(partition.rawValue)].map { nodes[$0] }
    }

    /// The lists without nodes that are gone, by the numbers of the new ones.
    private func kept(on survivors: [NodeID]) -> [[Int]] {
        let numbers = Dictionary(
            uniqueKeysWithValues: survivors.enumerated().map { ($0.element, $0.offset) })
        let renamed = nodes.map { numbers[$0] }
        return lists.map { list in list.compactMap { renamed[$0] } }
    }

    /// How many partitions each node holds, and how many of them it leads.
    package var loads: [(node: NodeID, held: Int, led: Int)] {
        var held = [Int](repeating: 0, count: nodes.count)
        var led = held
        for list in lists {
            for node in list { held[node] += 1 }
            if let first = list.first { led[first] += 1 }
        }
        return nodes.indices.map { (nodes[$0], held[$0], led[$0]) }
    }

    /// Copies that `other` has where this has none: what moves on the way there.
    package func moves(to other: Placement) -> Int {
        zip(lists, other.lists).reduce(0) { moves, pair in
            let before = Set(pair.0.map { nodes[$0] })
            return moves + pair.1.count { !before.contains(other.nodes[$0]) }
        }
    }
}
