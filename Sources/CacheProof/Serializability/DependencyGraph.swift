/// Why one transaction comes before another.
package enum Dependency: Hashable, Sendable, CustomStringConvertible {
    /// Overwrites what the other wrote.
    case overwrite(String)
    /// Reads what the other wrote.
    case read(String)
    /// Overwrites what the other read.
    case antiRead(String)
    /// Begins after the other has ended.
    case time

    package var description: String {
        switch self {
        case .overwrite(let key): "overwritten (\(key)) by"
        case .read(let key): "read (\(key)) by"
        case .antiRead(let key): "read (\(key)) before the write of"
        case .time: "ended before"
        }
    }
}

/// Transactions and what orders them; serializable is what has no cycle.
///
/// Invariant: nodes below `count` are transactions; the others stand for moments, each after the
/// one before, so that the order in time takes as many edges as transactions and not their square.
struct DependencyGraph {
    private struct Edge {
        let target: Int
        let dependency: Dependency
    }

    private let count: Int
    private var edges: [[Edge]]

    /// - Parameter spans: beginning and end of each transaction; nil where it never ended.
    init(spans: [(began: Int, ended: Int?)]) {
        count = spans.count
        edges = [[Edge]](repeating: [], count: spans.count)
        orderInTime(spans)
    }

    private mutating func orderInTime(_ spans: [(began: Int, ended: Int?)]) {
        let ends = spans.enumerated()
            .compactMap { index, span in span.ended.map { (time: $0, index: index) } }
            .sorted { $0.time < $1.time }
        edges += [[Edge]](repeating: [], count: ends.count)
        for (moment, end) in ends.enumerated() {
            addEdge(from: end.index, to: count + moment, .time)
            if moment > 0 { addEdge(from: count + moment - 1, to: count + moment, .time) }
        }
        let starts = spans.enumerated().sorted { $0.element.began < $1.element.began }
        var passed = 0
        for (index, span) in starts {
            while passed < ends.count, ends[passed].time < span.began { passed += 1 }
            if passed > 0 { addEdge(from: count + passed - 1, to: index, .time) }
        }
    }

    mutating func add(_ dependency: Dependency, from source: Int, to target: Int) {
        if source != target { addEdge(from: source, to: target, dependency) }
    }

    private mutating func addEdge(from source: Int, to target: Int, _ dependency: Dependency) {
        edges[source].append(Edge(target: target, dependency: dependency))
    }

    /// A shortest cycle through some transaction: each with what leads to the next; nil where there
    /// is none.
    /// - Complexity: O(nodes + edges), and once more for each node of a knot until a cycle is found.
    func cycle() -> [(transaction: Int, dependency: Dependency)]? {
        var shortest: [(Int, Dependency)]?
        for node in knotted() where node < count {
            guard let cycle = cycle(through: node) else { continue }
            if cycle.count < shortest?.count ?? .max { shortest = cycle }
            if cycle.count <= 2 { break }
        }
        return shortest
    }

    /// Nodes that remain when those without a predecessor, or without a successor, are taken away
    /// again and again: all cycles are among them.
    private func knotted() -> [Int] {
        var incoming = [Int](repeating: 0, count: edges.count)
        for list in edges { for edge in list { incoming[edge.target] += 1 } }
        var free = incoming.indices.filter { incoming[$0] == 0 }
        while let node = free.popLast() {
            for edge in edges[node] {
                incoming[edge.target] -= 1
                if incoming[edge.target] == 0 { free.append(edge.target) }
            }
        }
        return incoming.indices.filter { incoming[$0] > 0 }
    }

    /// The shortest way from a node back to itself, breadth first.
    private func cycle(through start: Int) -> [(Int, Dependency)]? {
        var cameFrom: [Int: (node: Int, dependency: Dependency)] = [:]
        var queue = [start]
        var next = 0
        while next < queue.count {
            let node = queue[next]
            next += 1
            for edge in edges[node] where cameFrom[edge.target] == nil {
                cameFrom[edge.target] = (node, edge.dependency)
                if edge.target == start { return path(to: start, cameFrom) }
                queue.append(edge.target)
            }
        }
        return nil
    }

    /// Moments are left out: what leads to one says so already.
    private func path(
        to start: Int, _ cameFrom: [Int: (node: Int, dependency: Dependency)]
    ) -> [(Int, Dependency)] {
        var steps: [(Int, Dependency)] = []
        var node = start
        repeat {
            guard let step = cameFrom[node] else { preconditionFailure("a path has a gap") }
            if step.node < count { steps.append((step.node, step.dependency)) }
            node = step.node
        } while node != start
        return steps.reversed()
    }
}
