internal import CacheBase
internal import CacheEngine

/// Writes that are durable before they are answered, by 64 writers who share syncs.
struct PutAlways: Benchmark {
    static let name = "put-always"
    static let summary = "PUT with always, 64 writers, blocking and multiplexed"
    private static let writers = 64
    private static let seconds = 5.0

    func run(_ workbench: Workbench) throws -> [Measurement] {
        let workload = Workload(keyCount: workbench.scaled(1_000_000))
        let peer =
            workbench.extent.measuresPeers
            ? try DbBench(workbench, keyCount: workload.keyCount, compression: .lz4) : nil
        defer { peer?.remove() }
        var options = workbench.options("put-always")
        options.sync = .always
        return try workbench.withEngine(options) { engine in
            try measure(workbench, engine, workload, peer)
        }
    }

    private func measure(
        _ workbench: Workbench, _ engine: Engine, _ workload: Workload, _ peer: DbBench?
    ) throws -> [Measurement] {
        let seconds = workbench.scaled(seconds: Self.seconds)
        let blocking = BlockingWriters(engine, workload, count: Self.writers)
        let multiplexed = MultiplexedWriters(engine, workload, count: Self.writers)
        var byThreads = Figures()
        var byLoops = Figures()
        var theirs = Samples()
        for round in 1...workbench.rounds {
            workbench.progress("round \(round)")
            try byThreads.add(engine) { try blocking.run(seconds: seconds) }
            try byLoops.add(engine) {
                try multiplexed.run(seconds: seconds) { try $0.putRandom(&$1) }
            }
            if let peer {
                theirs.add(
                    try peer.fillRandom(
                        "--sync", "--threads=\(Self.writers)", "--duration=\(Int(seconds))"))
            }
        }
        let peerRate = peer == nil ? nil : theirs.median
        return [
            measurement("PUT, always, 64 threads that wait", byThreads, peerRate),
            measurement(
                "PUT, always, 64 writers on \(multiplexed.loops) loops", byLoops, peerRate),
        ]
    }

    private func measurement(_ figure: String, _ ours: Figures, _ peer: Double?) -> Measurement {
        Measurement(
            figure, ours: Quantity(ours.rates, .perSecond),
            peer: peer.map { Quantity($0, .perSecond) }, target: Target(.ratioAtLeast(4)),
            notes: [
                "Rounds: " + ours.rates.text(.perSecond) + "; "
                    + Quantity.fixed(ours.writesPerSync.median, 1) + " writes a sync.",
                "Peer: RocksDB fillrandom --sync --threads=64.",
            ])
    }

    /// Rounds of one way to write.
    private struct Figures {
        private(set) var rates = Samples()
        private(set) var writesPerSync = Samples()

        mutating func add(_ engine: Engine, _ run: () throws -> Int) throws {
            let syncs = engine.statistics().syncs
            let watch = Stopwatch()
            let writes = try run()
            rates.add(Double(writes) / watch.seconds)
            writesPerSync.add(Double(writes) / Double(max(1, engine.statistics().syncs - syncs)))
        }
    }
}
