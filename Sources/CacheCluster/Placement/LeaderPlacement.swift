/// Chooses which of a partition's nodes leads it, so that all lead about as many.
///
/// Leaderships move along paths: a node with too many gives one to a neighbour on a common list,
/// that one to a neighbour of its own, and so on to a node with too few. Shortest paths change
/// fewest leaders (augmenting paths, as in the matching of Hopcroft and Karp, 1973).
///
/// Invariants: lists keep their members; `led` counts the lists that begin with each node.
struct LeaderPlacement {
    private(set) var lists: [[Int]]
    private var led: [Int]
    /// Of each node, the lists that name it.
    private let naming: [[Int]]
    private let least: Int
    private let most: Int

    init(lists: [[Int]], nodes: Int) {
        self.lists = lists
        led = [Int](repeating: 0, count: nodes)
        for list in lists { led[list[0]] += 1 }
        var naming = [[Int]](repeating: [], count: nodes)
        for (index, list) in lists.enumerated() {
            for node in list { naming[node].append(index) }
        }
        self.naming = naming
        least = lists.count / nodes
        most = (lists.count + nodes - 1) / nodes
    }

    /// - Complexity: O(changes · copies).
    mutating func balance() {
        for node in led.indices {
            while led[node] < least, shift(to: node, fromAbove: least) {}
        }
        for node in led.indices {
            while led[node] > most, shift(from: node) {}
        }
    }

    /// One step of a path: `list` leads from the node nearer to the path's start to the other.
    private struct Step {
        let list: Int
        let near: Int
        let far: Int
    }

    /// Moves one leadership to `node` from one that has more than `level`.
    private mutating func shift(to node: Int, fromAbove level: Int) -> Bool {
        let path = path(from: node, isEnd: { led[$0] > level }) { taker in
            naming[taker].compactMap { index in
                lists[index][0] == taker ? nil : (lists[index][0], index)
            }
        }
        for step in path { lead(step.list, by: step.near) }
        return !path.isEmpty
    }

    /// Moves one leadership away from `node` to one that has less than the most.
    private mutating func shift(from node: Int) -> Bool {
        let path = path(from: node, isEnd: { led[$0] < most }) { giver in
            naming[giver].filter { lists[$0][0] == giver }
                .flatMap { index in lists[index].dropFirst().map { ($0, index) } }
        }
        for step in path { lead(step.list, by: step.far) }
        return !path.isEmpty
    }

    private mutating func lead(_ list: Int, by node: Int) {
        guard let place = lists[list].firstIndex(of: node) else { return }
        led[lists[list][0]] -= 1
        led[node] += 1
        lists[list].swapAt(0, place)
    }

    /// The shortest way from `start` to a node that is an end, breadth first; empty where none is.
    private func path(
        from start: Int, isEnd: (Int) -> Bool, neighbours: (Int) -> [(node: Int, list: Int)]
    ) -> [Step] {
        var cameBy = [Step?](repeating: nil, count: led.count)
        var queue = [start]
        var next = 0
        while next < queue.count {
            let node = queue[next]
            next += 1
            for (neighbour, list) in neighbours(node)
            where neighbour != start && cameBy[neighbour] == nil {
                cameBy[neighbour] = Step(list: list, near: node, far: neighbour)
                if isEnd(neighbour) { return trace(cameBy, to: neighbour) }
                queue.append(neighbour)
            }
        }
        return []
    }

    private func trace(_ cameBy: [Step?], to end: Int) -> [Step] {
        var steps: [Step] = []
        var node = end
        while let step = cameBy[node] {
            steps.append(step)
            node = step.near
        }
        return steps
    }
}
