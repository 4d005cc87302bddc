internal import CacheBase
internal import CacheCluster
internal import CacheEngine
internal import CacheFiles
internal import CacheProof
internal import CacheReplication

/// One run of a whole cluster in one thread: the real engines on simulated disks, the real
/// replication and the real controller, beside a record of what clients were told.
///
/// A generator that is seeded by the plan says who acts next: a message arrives, a source or a sink
/// does a round of work, a node reads the map, acts on it, or proposes a change of it, a client
/// writes, a process dies, stands still, comes back. So a run is repeated by its seed.
///
/// What is checked:
/// - a node that begins to lead a partition has every write that was acknowledged, and all that a
///   primary has shown to a reader;
/// - nothing is found that was refused, or that nobody wrote;
/// - a copy has all that was acknowledged before the time from which it says it is;
/// - once nothing goes wrong any more, each partition comes to be led and copied as the map aims at,
///   in a bounded number of rounds, takes writes, and all its copies are equal.
package final class ClusterSimulation {
    let plan: ClusterSimulationPlan
    let profile: ClusterProfile

    // The run's own state.
    var random: Xoshiro256
    var trace: SimulationTrace
    var counts = ClusterSimulationCounts()
    var step = 0
    var nextNumber: UInt64 = 0
    var nextLife = 0
    var wall: UInt64 = 1_800_000_000_000

    // The cluster.
    var agreement: ClusterAgreement
    var nodes: [SimulatedNode] = []
    var links: [SimulatedLink] = []

    // Who uses it.
    var keys: [KeyHistory]
    var clients: [ClusterClient] = []
    let partitions: [Partition]

    /// Makes the run and says what it did.
    /// - Parameter print: receives a line for each event.
    /// - Throws: `SimulationFailure` where the cluster broke a promise.
    package static func run(
        _ plan: ClusterSimulationPlan, print: ((String) -> Void)? = nil
    ) throws -> ClusterSimulationReport {
        let simulation = try ClusterSimulation(plan, print)
        try simulation.run()
        return ClusterSimulationReport(
            seed: plan.seed, steps: simulation.step, digest: simulation.trace.digest,
            counts: simulation.counts)
    }

    private init(_ plan: ClusterSimulationPlan, _ print: ((String) -> Void)?) throws {
        self.plan = plan
        var random = Xoshiro256(seed: plan.seed)
        var profile = ClusterProfile(&random)
        // A stale message is harmless, and what it would do without this step is to be seen.
        if plan.omissions.contains(.deduplication) { profile.doublesRecords = true }
        self.profile = profile
        trace = SimulationTrace(print)
        keys = Self.drawKeys(profile, &random)
        var seen: Set<Partition> = []
        partitions = keys.map(\.partition).filter { seen.insert($0).inserted }
        agreement = ClusterAgreement(
            first: SimulatedNode.id(ofName: "n0"), copies: profile.copies, partitions: seen)
        self.random = random
        for _ in 0..<profile.nodes { try addNode() }
        clients = (0..<profile.clients).map { number in
            ClusterClient(
                keys: keys.indices.filter { $0 % profile.clients == number }, map: agreement.map)
        }
    }

    /// Some keys of each of some partitions.
    private static func drawKeys(
        _ profile: ClusterProfile, _ random: inout Xoshiro256
    ) -> [KeyHistory] {
        var keys: [KeyHistory] = []
        var wanted: [Partition: Int] = [:]
        var number = random.below(1 << 20)
        while keys.count < profile.partitions * profile.keysPerPartition {
            number += 1
            let key = KeyHistory(Array("key \(number)".utf8))
            if wanted[key.partition] == nil, wanted.count < profile.partitions {
                wanted[key.partition] = profile.keysPerPartition
            }
            guard let left = wanted[key.partition], left > 0 else { continue }
            wanted[key.partition] = left - 1
            keys.append(key)
        }
        return keys
    }

    private func run() throws {
        while step < plan.steps {
            step += 1
            do {
                try takeStep()
            } catch let error as StorageError {
                let hasCause = nodes.contains { $0.disk.isDown }
                try check(hasCause, "without a cause: \(error)")
            }
            try settleStep()
        }
        try finish()
    }

    /// Weights, not shares: what cannot be done just now does nothing.
    private func takeStep() throws {
        if random.below(1000) < profile.adversityOfThousand { return try meetAdversity() }
        let work: [(weight: Int, body: () throws -> Void)] = [
            (profile.linkWeight, deliver), (profile.linkWeight, workOnLink), (6, look),
            (4, connect), (3, tellOfEnd), (profile.mapWeight, readMap),
            (profile.mapWeight, actOnMap), (1 + profile.mapWeight / 4, route),
            (profile.mapWeight, propose), (profile.mapWeight / 2, register),
            (profile.mapWeight / 2, endLease), (profile.mapWeight / 2, judgeMembers),
            (profile.clientWeight, useClient), (profile.clientWeight, readCopy),
            (profile.flushWeight, flush), (4, passTime),
            (4, recover),
        ]
        var draw = random.below(work.reduce(0) { $0 + $1.weight })
        for (weight, body) in work {
            if draw < weight { return try body() }
            draw -= weight
        }
    }

    /// What follows every step: answers, links that an end gave up, machines that went down.
    func settleStep() throws {
        for index in clients.indices { try answer(index) }
        for link in links where link.isOpen {
            guard let complaint = link.complaints.take() else { continue }
            trace.note("complaint", UInt64(link.replica.number), UInt64(link.primary.number))
            tracePrint(complaint)
            close(link)
        }
        links.removeAll(where: \.isOver)
        try retire()
        for node in nodes {
            if node.disk.isDown { try kill(node, losesPower: false) }
        }
    }
}

// MARK: - Judging

extension ClusterSimulation {
    func failure(_ message: String) -> SimulationFailure {
        SimulationFailure(seed: plan.seed, step: step, message: message)
    }

    func check(_ holds: Bool, _ message: @autoclosure () -> String) throws {
        if !holds { throw failure(message()) }
    }

    /// A line for people that is not part of the digest.
    func tracePrint(_ line: String) { trace.remark(line) }

    /// One of some things, which are in an order that repeats; nil where there are none.
    func pick<Element>(_ elements: [Element]) -> Element? {
        elements.isEmpty ? nil : elements[random.below(elements.count)]
    }

    /// The newest map says that the node leads, or leads on, from here: it has what it must have.
    func examine(_ node: SimulatedNode, _ life: NodeLife) throws {
        for partition in partitions {
            let epoch = life.replication.epoch(leading: partition)
            // Who acts late on a map may find others to have led and written since: it has no lease
            // then, and takes nothing.
            guard let epoch, life.examined[partition] != epoch,
                agreement.map[partition].epoch == epoch
            else { continue }
            life.examined[partition] = epoch
            counts.leaderships += 1
            trace.note(
                "leads", UInt64(node.number), UInt64(partition.rawValue), UInt64(epoch.rawValue))
            try compare(partition, node, life, "begins to lead")
        }
    }

    /// Every key of a partition as a node has it.
    func compare(
        _ partition: Partition, _ node: SimulatedNode, _ life: NodeLife, _ when: String
    ) throws {
        for key in keys where key.partition == partition {
            let found = try life.number(of: key.key)
            if let flaw = key.flaw(of: found) {
                throw failure(
                    "\(node.id) \(when) of partition \(partition.rawValue), key "
                        + "\(String(decoding: key.key, as: UTF8.self)): \(flaw)")
            }
        }
    }
}
