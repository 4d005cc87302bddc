internal import CacheBase
internal import CacheEngine

/// Random reads of values that are in memory, by one thread.
struct GetMemory: Benchmark {
    static let name = "get-memory"
    static let summary = "GET of resident 100-byte values, random over 1M keys, one thread"
    private static let cacheBytes = 1 << 30
    /// Reading everything so often makes it resident, or it never will be.
    private static let warmPassesMax = 8

    func run(_ workbench: Workbench) throws -> [Measurement] {
        let workload = Workload(keyCount: workbench.scaled(1_000_000))
        let peer = try peer(workbench, workload)
        defer { peer?.remove() }
        return try workbench.withEngine(workbench.options("get-memory")) { engine in
            let driver = EngineDriver(engine, workload)
            try driver.fill()
            try engine.settle()
            try warm(driver)
            return try [
                measure(workbench, driver, peer), measureGroups(workbench, driver),
            ]
        }
    }

    private func peer(_ workbench: Workbench, _ workload: Workload) throws -> DbBench? {
        guard workbench.extent.measuresPeers else { return nil }
        workbench.progress("filling RocksDB")
        let peer = try DbBench(workbench, keyCount: workload.keyCount, compression: .none)
        try peer.fillForReading()
        return peer
    }

    private func warm(_ driver: EngineDriver) throws {
        for _ in 0..<Self.warmPassesMax {
            driver.resetCounts()
            try driver.readAll()
            if driver.coldReads == 0 { break }
        }
        try driver.requireNoMisses()
    }

    private func measure(
        _ workbench: Workbench, _ driver: EngineDriver, _ peer: DbBench?
    ) throws -> Measurement {
        let reads = 5 * driver.workload.keyCount
        var ours = Samples()
        var theirs = Samples()
        driver.resetCounts()
        for round in 1...workbench.rounds {
            workbench.progress("round \(round)")
            ours.add(
                try Stopwatch.rate(of: reads) { () throws(StorageError) in
                    try driver.getRandom(reads, seed: UInt64(round))
                })
            if let peer { theirs.add(try peer.readRandom(cacheBytes: Self.cacheBytes)) }
        }
        try driver.requireNoMisses()
        try driver.verify(10_000, seed: 99)
        return Measurement(
            "GET in memory", ours: Quantity(ours, .perSecond),
            peer: peer == nil ? nil : Quantity(theirs, .perSecond),
            target: Target(.atLeast(2.5e6), .ratioAtLeast(6)),
            notes: [
                "\(driver.workload.keyCount) keys of 16 bytes, \(reads) reads a round.",
                "Rounds: " + ours.text(.perSecond) + ".",
                "\(driver.coldReads) reads went on to a segment.",
                "Peer: RocksDB readrandom from its block cache, all keys present.",
            ])
    }

    private func measureGroups(
        _ workbench: Workbench, _ driver: EngineDriver
    ) throws -> Measurement {
        let reads = 5 * driver.workload.keyCount
        let grouped = GroupedReads(driver.engine, driver.workload)
        var ours = Samples()
        for round in 1...workbench.rounds {
            workbench.progress("groups, round \(round)")
            ours.add(Stopwatch.rate(of: reads) { grouped.getRandom(reads, seed: UInt64(round)) })
        }
        guard grouped.misses == 0 else {
            throw BenchmarkError("\(grouped.misses) reads found nothing in memory")
        }
        return Measurement(
            "GET in memory, \(GroupedReads.size) at a time",
            ours: Quantity(ours, .perSecond),
            notes: [
                "Keys loaded ahead, as for a batch or for pipelined requests.",
                "Rounds: " + ours.text(.perSecond) + ".",
            ])
    }
}
