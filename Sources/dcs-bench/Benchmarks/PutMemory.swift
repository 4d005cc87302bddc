internal import CacheBase
internal import CacheEngine

/// Random overwrites with `interval`, by one thread, as many at a time as the peer does.
struct PutMemory: Benchmark {
    static let name = "put-memory"
    static let summary = "PUT of 100-byte values, interval, overwrites of 1M keys, one thread"

    func run(_ workbench: Workbench) throws -> [Measurement] {
        let workload = Workload(keyCount: workbench.scaled(1_000_000))
        let peer =
            workbench.extent.measuresPeers
            ? try DbBench(workbench, keyCount: workload.keyCount, compression: .lz4) : nil
        defer { peer?.remove() }
        return try workbench.withEngine(workbench.options("put-memory")) { engine in
            let driver = EngineDriver(engine, workload)
            try driver.fill()
            var ours = Samples()
            var theirs = Samples()
            for round in 1...workbench.rounds {
                workbench.progress("round \(round)")
                // Both begin a round at rest: the peer with an empty store, ours with its keys.
                try engine.settle()
                ours.add(
                    try Stopwatch.rate(of: workload.keyCount) { () throws(StorageError) in
                        try driver.putRandom(workload.keyCount, seed: UInt64(round))
                    })
                if let peer { theirs.add(try peer.fillRandom()) }
            }
            try driver.verify(10_000, seed: 99)
            return [measurement(driver, ours, peer == nil ? nil : theirs)]
        }
    }

    private func measurement(
        _ driver: EngineDriver, _ ours: Samples, _ theirs: Samples?
    ) -> Measurement {
        Measurement(
            "PUT, interval", ours: Quantity(ours, .perSecond),
            peer: theirs.map { Quantity($0, .perSecond) },
            target: Target(.atLeast(1.2e6), .ratioAtLeast(10)),
            notes: [
                "\(driver.workload.keyCount) overwrites a round, as many keys.",
                "Rounds: " + ours.text(.perSecond) + ".",
                "\(driver.overloads) writes were refused for overload and repeated.",
                "Peer: RocksDB fillrandom into a new store, LZ4, its log on.",
            ])
    }
}
