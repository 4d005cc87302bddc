internal import CacheBase
internal import CacheEngine

/// Commits of one put and of two by 64 writers, beside single durable puts and MULTI/EXEC of Redis.
struct TransactionCommits: Benchmark {
    static let name = "transactions"
    static let summary = "commits of one PUT and two, 64 writers, beside single PUTs and MULTI/EXEC"
    private static let writers = 64
    private static let seconds = 5.0

    func run(_ workbench: Workbench) throws -> [Measurement] {
        let workload = Workload(keyCount: workbench.scaled(1_000_000))
        var options = workbench.options("transactions")
        options.sync = .always
        return try workbench.withEngine(options) { engine in
            try EngineDriver(engine, workload).fill()
            return try measure(workbench, engine, workload)
        }
    }

    private func measure(
        _ workbench: Workbench, _ engine: Engine, _ workload: Workload
    ) throws -> [Measurement] {
        let seconds = workbench.scaled(seconds: Self.seconds)
        let writers = MultiplexedWriters(engine, workload, count: Self.writers)
        let peer =
            workbench.extent.measuresPeers
            ? try RedisTransactions(workbench, workload, connections: Self.writers) : nil
        defer { peer?.remove() }
        var (single, commits, puts, theirs) = (Samples(), Samples(), Samples(), Samples())
        for round in 1...workbench.rounds {
            workbench.progress("round \(round)")
            puts.add(
                try Self.rate { try writers.run(seconds: seconds) { try $0.putRandom(&$1) } })
            single.add(
                try Self.rate {
                    try writers.run(seconds: seconds) { try $0.commitRandom(1, &$1) }
                })
            commits.add(
                try Self.rate {
                    try writers.run(seconds: seconds) { try $0.commitRandom(2, &$1) }
                })
            if let peer { theirs.add(try Self.rate { try peer.run(seconds: seconds) }) }
        }
        let notes = [
            "Rounds: of one " + single.text(.perSecond) + "; of two " + commits.text(.perSecond)
                + "; single PUTs " + puts.text(.perSecond) + ".",
            "Conflicts: \(engine.statistics().transactionConflicts).",
        ]
        return [
            Measurement(
                "Commits of one PUT, beside single PUTs with always",
                ours: Quantity(single, .perSecond),
                peer: Quantity(puts, .perSecond), peerName: "single PUTs",
                target: Target(.ratioAtLeast(1))),
            Measurement(
                "Commits of two PUTs, beside single PUTs with always",
                ours: Quantity(commits, .perSecond),
                peer: Quantity(puts, .perSecond), peerName: "single PUTs",
                target: Target(.ratioAtLeast(1)),
                notes: notes),
            Measurement(
                "Commits of two PUTs, beside Redis MULTI/EXEC of two SETs",
                ours: Quantity(commits, .perSecond),
                peer: peer == nil ? nil : Quantity(theirs, .perSecond), peerName: "Redis",
                target: Target(.ratioAtLeast(2)),
                notes: [
                    "Peer: appendfsync always, \(Self.writers) connections over loopback; ours is in process."
                ]),
        ]
    }

    /// Completed work a second.
    private static func rate(_ run: () throws -> Int) throws -> Double {
        let watch = Stopwatch()
        let count = try run()
        return Double(count) / watch.seconds
    }
}
