import CacheBase
import CacheCluster
import CacheMembership

/// Nodes, their clocks and a network that loses, delays and doubles messages, over one simulated
/// store; repeated exactly by its seed. A step is 10 ms of true time.
struct ClusterSimulation {
    struct Node {
        var membership: Membership
        /// Local nanoseconds for each true one.
        var rate: Double
        var offset: UInt64
        /// Messages of the run of the process before are for nobody.
        var run = 0
        var cutUntil: UInt64 = 0
        var pausedUntil: UInt64 = 0
        var isRunning = true
        /// The epoch of this node's map that was compared with what others saw.
        var epochSeen: UInt64 = 0

        func local(_ now: UInt64) -> UInt64 { offset + UInt64(Double(now) * rate) }
    }

    enum Message {
        case request(NumberedRequest, from: Int, run: Int)
        case reply(StoreReply, UInt64, to: Int, run: Int)
        case hint(to: Int, run: Int)
    }

    private struct Pair: Hashable {
        let nodes: [NodeID]
        let epochs: [UInt64]
    }

    private(set) var now: UInt64 = 0
    private(set) var nodes: [Node] = []
    private(set) var violations: [String] = []
    /// The content of every epoch that any node saw.
    private var contents: [UInt64: ClusterMap] = [:]
    /// Maps by which two nodes did not lead the same partition: who leads what is in the map alone.
    private var compatible: Set<Pair> = []
    private var store = SimulatedStore()
    private var flying: [(at: UInt64, message: Message)] = []
    private var random: Xoshiro256
    /// Everything that can go wrong does.
    var isHostile = true

    static let step: UInt64 = 10_000_000

    init(nodes count: Int, seed: UInt64, marginPercent: Int = 10) {
        random = Xoshiro256(seed: seed)
        for number in 0..<count {
            var settings = MembershipSettings(
                member: Self.member(number), keys: StoreKeys(cluster: "test"), copies: 2)
            settings.marginPercent = marginPercent
            let drift = Double(random.below(101) - 50) / 1000
            nodes.append(
                Node(
                    membership: Membership(settings), rate: 1 + drift,
                    offset: UInt64(random.below(1 << 40))))
        }
    }

    static func member(_ number: Int) -> Member {
        guard let id = NodeID("node-\(number)") else { preconditionFailure("it is a name") }
        return Member(
            id: id, dataAddress: "127.0.0.1:1\(number)", peerAddress: "127.0.0.1:2\(number)")
    }

    /// The newest map that a node knows.
    var map: ClusterMap? {
        nodes.compactMap(\.membership.map).max { $0.epoch < $1.epoch }
    }

    mutating func run(seconds: Int) {
        let end = now + UInt64(seconds) * 1_000_000_000
        while now < end { stepOnce() }
    }

    /// Steps on until the condition holds.
    /// - Returns: the true nanoseconds it took, or nil where it did not within `seconds`.
    mutating func run(
        seconds: Int, until isDone: (ClusterSimulation) -> Bool
    ) -> UInt64? {
        let start = now
        let end = now + UInt64(seconds) * 1_000_000_000
        while now < end {
            // Looking is dearer than a step.
            if now % (10 * Self.step) == 0, isDone(self) { return now - start }
            stepOnce()
        }
        return nil
    }

    /// The process ends without a word.
    mutating func kill(_ number: Int) {
        nodes[number].isRunning = false
        nodes[number].run += 1
        nodes[number].membership = Membership(nodes[number].membership.settings)
    }

    mutating func start(_ number: Int) { nodes[number].isRunning = true }

    mutating func cut(_ number: Int, seconds: Int) {
        nodes[number].cutUntil = now + UInt64(seconds) * 1_000_000_000
    }
}

// MARK: - A step

extension ClusterSimulation {
    private mutating func stepOnce() {
        now += Self.step
        if isHostile { disturb() }
        if store.expire(at: now) { announce() }
        deliver()
        for number in nodes.indices where isAwake(number) && now % (10 * Self.step) == 0 {
            replicate(number)
            send(nodes[number].membership.tick(at: nodes[number].local(now)), number)
        }
        check()
    }

    private func isAwake(_ number: Int) -> Bool {
        nodes[number].isRunning && nodes[number].pausedUntil <= now
    }

    /// About once in three seconds something happens to a node.
    private mutating func disturb() {
        guard random.below(300) == 0 else { return }
        let number = random.below(nodes.count)
        let until = now + UInt64(random.below(8000)) * 1_000_000
        switch random.below(4) {
        case 0: nodes[number].cutUntil = until
        case 1: nodes[number].pausedUntil = until
        case 2: kill(number)
        default: for number in nodes.indices { start(number) }
        }
    }

    private mutating func deliver() {
        let due = flying.filter { $0.at <= now }
        flying.removeAll { $0.at <= now }
        for (_, message) in due { deliver(message) }
    }

    private mutating func deliver(_ message: Message) {
        switch message {
        case .request(let request, let from, let run):
            let before = store.revision
            let reply = store.handle(request.request, at: now)
            fly(.reply(reply, request.number, to: from, run: run), from)
            if store.revision != before { announce() }
        case .reply(let reply, let number, let to, let run):
            guard nodes[to].run == run, nodes[to].isRunning else { return }
            guard isAwake(to) else { return hold(message, to) }
            let local = nodes[to].local(now)
            send(nodes[to].membership.received(reply, to: number, at: local), to)
        case .hint(let to, let run):
            guard nodes[to].run == run, isAwake(to) else { return }
            send(nodes[to].membership.changed(at: nodes[to].local(now)), to)
        }
    }

    /// What reaches a paused process waits in its socket.
    private mutating func hold(_ message: Message, _ to: Int) {
        flying.append((nodes[to].pausedUntil, message))
    }

    private mutating func announce() {
        for number in nodes.indices { fly(.hint(to: number, run: nodes[number].run), number) }
    }

    private mutating func send(_ requests: [NumberedRequest], _ number: Int) {
        for request in requests {
            fly(.request(request, from: number, run: nodes[number].run), number)
        }
    }

    private mutating func fly(_ message: Message, _ number: Int) {
        guard nodes[number].cutUntil <= now else { return }
        let copies = isHostile ? [0, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1][random.below(12)] : 1
        for _ in 0..<copies {
            let isSlow = isHostile && random.below(10) == 0
            let delay = 1 + random.below(isSlow ? 4000 : 20)
            flying.append((now + UInt64(delay) * 1_000_000, message))
        }
    }

    /// Stands for replication: whoever leads reports learners that caught up, and hands over.
    private mutating func replicate(_ number: Int) {
        let me = nodes[number].membership
        guard !isHostile || random.below(4) == 0, let map = me.map else { return }
        for (index, state) in map.partitions.enumerated()
        where state.primary == me.settings.member.id {
            let partition = Partition(rawValue: UInt16(index))
            var events = state.learners.map { ClusterEvent.caughtUp(partition, $0, state.epoch) }
            if state.successor != nil { events.append(.handedOver(partition, state.epoch)) }
            for event in events { _ = nodes[number].membership.propose(event) }
        }
    }
}

// MARK: - What must hold

extension ClusterSimulation {
    private mutating func check() {
        var writers: [(node: Node, map: ClusterMap)] = []
        for number in nodes.indices where nodes[number].isRunning {
            guard let map = nodes[number].membership.map else { continue }
            if nodes[number].epochSeen != map.epoch { checkContent(of: map, number) }
            let node = nodes[number]
            if let fault = node.membership.fault { violations.append("\(fault)") }
            if let until = node.membership.mayWriteUntil, node.local(now) < until {
                writers.append((node, map))
            }
        }
        for (index, first) in writers.enumerated() {
            for second in writers.dropFirst(index + 1) where first.map.epoch != second.map.epoch {
                let pair = Pair(
                    nodes: [first, second].map(\.node.membership.settings.member.id),
                    epochs: [first.map.epoch, second.map.epoch])
                if compatible.insert(pair).inserted { compare(first.node, second.node) }
            }
        }
    }

    private mutating func checkContent(of map: ClusterMap, _ number: Int) {
        nodes[number].epochSeen = map.epoch
        if contents[map.epoch] ?? map != map {
            violations.append("epoch \(map.epoch) has two contents")
        }
        contents[map.epoch] = map
    }

    private mutating func compare(_ first: Node, _ second: Node) {
        for number in 0..<Limits.partitions {
            let partition = Partition(rawValue: UInt16(number))
            if first.membership.mayWrite(partition, at: first.local(now)),
                second.membership.mayWrite(partition, at: second.local(now))
            {
                violations.append("partition \(number) has two writers at \(now)")
                return
            }
        }
    }
}
