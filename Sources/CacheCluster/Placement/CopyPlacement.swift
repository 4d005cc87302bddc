internal import CacheBase

/// Chooses the nodes of every partition: keeps those it has, fills what is missing along the ring,
/// then lets nodes with too few take from those with more.
///
/// Invariants: a list names no node twice; `loads` counts the lists that name each node.
struct CopyPlacement {
    private let ring: HashRing
    private let copies: Int
    private(set) var lists: [[Int]]
    private var loads: [Int]
    /// Partitions that a node holds at least, and at most.
    private let least: Int
    private let most: Int
    /// How many more nodes may hold one more than `least`, while lists are filled.
    private var extras: Int

    init(ring: HashRing, nodes: Int, copies: Int, kept: [[Int]]) {
        self.ring = ring
        self.copies = copies
        lists = kept.map { Array($0.prefix(copies)) }
        loads = [Int](repeating: 0, count: nodes)
        for node in lists.joined() { loads[node] += 1 }
        least = lists.count * copies / nodes
        most = (lists.count * copies + nodes - 1) / nodes
        extras = lists.count * copies % nodes
        for load in loads where load > least { extras -= 1 }
    }

    mutating func place() {
        for index in lists.indices { fill(index) }
        for node in loads.indices { raise(node) }
        lower()
    }

    /// Gives a partition the next nodes of the ring that have room.
    private mutating func fill(_ index: Int) {
        guard lists[index].count < copies else { return }
        var passed: [Int] = []
        ring.walk(from: Partition(rawValue: UInt16(index))) { node in
            guard !lists[index].contains(node) else { return true }
            if hasRoom(node) { add(node, to: index) } else { passed.append(node) }
            return lists[index].count < copies
        }
        // All that have room hold it already: the least loaded of the others take it.
        for node in passed.sorted(by: { loads[$0] < loads[$1] })
        where lists[index].count < copies { add(node, to: index) }
    }

    /// True where the node may hold one more without another having to hold too little.
    private func hasRoom(_ node: Int) -> Bool {
        loads[node] < least || loads[node] == least && extras > 0
    }

    private mutating func add(_ node: Int, to index: Int) {
        lists[index].append(node)
        loads[node] += 1
        if loads[node] == least + 1 { extras -= 1 }
    }

    /// A node that holds too little takes copies of partitions that come to it soonest along the
    /// ring: first from those that hold too much, then from those that hold one more than needed.
    private mutating func raise(_ node: Int) {
        for level in [most, least] where loads[node] < least {
            let order = lists.indices.filter { index in
                loads[donor(of: index)] > level && !lists[index].contains(node)
            }.map { ($0, ring.distance(from: Partition(rawValue: UInt16($0)), to: node)) }
                .sorted { $0.1 < $1.1 }
            for (index, _) in order where loads[node] < least {
                let donor = donor(of: index)
                if loads[donor] > level { move(index, from: donor, to: node) }
            }
        }
    }

    /// The node of a partition that holds most.
    private func donor(of index: Int) -> Int {
        let list = lists[index]
        return list.dropFirst().reduce(list[0]) { loads[$1] > loads[$0] ? $1 : $0 }
    }

    /// What nodes hold too much goes to those that have room.
    private mutating func lower() {
        for donor in loads.indices {
            while loads[donor] > most {
                guard let (index, taker) = takerOf(donor) else { break }
                move(index, from: donor, to: taker)
            }
        }
    }

    private func takerOf(_ donor: Int) -> (index: Int, taker: Int)? {
        for (index, list) in lists.enumerated() where list.contains(donor) {
            var taker: Int?
            ring.walk(from: Partition(rawValue: UInt16(index))) { node in
                guard !list.contains(node), loads[node] < most else { return true }
                taker = node
                return false
            }
            if let taker { return (index, taker) }
        }
        return nil
    }

    /// The taker stands where the donor stood: a primary's place stays a primary's.
    private mutating func move(_ index: Int, from donor: Int, to taker: Int) {
        lists[index] = lists[index].map { $0 == donor ? taker : $0 }
        loads[donor] -= 1
        loads[taker] += 1
    }
}
