internal import CacheBase
internal import CacheEngine

/// Random reads of values that are in segments only; the kernel has the pages in memory.
struct GetDisk: Benchmark {
    static let name = "get-disk"
    static let summary = "GET of values on disk, page cache warm, hot tier off, one thread"
    /// No block cache, as ours has no hot tier: blocks come from the page cache on both sides.
    /// RocksDB is faster so than with its default of 8 MiB.
    private static let cacheBytes = 0

    func run(_ workbench: Workbench) throws -> [Measurement] {
        let workload = Workload(keyCount: workbench.scaled(1_000_000))
        let peer = try peer(workbench, workload)
        defer { peer?.remove() }
        var options = workbench.options("get-disk")
        options.hotTier = false
        return try workbench.withEngine(options) { engine in
            let driver = EngineDriver(engine, workload)
            try driver.fill()
            try engine.drainLog()
            try driver.readAll()
            return try [measure(workbench, driver, peer)]
        }
    }

    private func peer(_ workbench: Workbench, _ workload: Workload) throws -> DbBench? {
        guard workbench.extent.measuresPeers else { return nil }
        workbench.progress("filling RocksDB")
        let peer = try DbBench(workbench, keyCount: workload.keyCount, compression: .lz4)
        try peer.fillForReading()
        return peer
    }

    private func measure(
        _ workbench: Workbench, _ driver: EngineDriver, _ peer: DbBench?
    ) throws -> Measurement {
        let reads = driver.workload.keyCount
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
        guard driver.coldReads == reads * workbench.rounds else {
            throw BenchmarkError("only \(driver.coldReads) reads came from segments")
        }
        try driver.verify(10_000, seed: 99)
        return Measurement(
            "GET from disk", ours: Quantity(ours, .perSecond),
            peer: peer == nil ? nil : Quantity(theirs, .perSecond),
            target: Target(.ratioAtLeast(3)),
            notes: [
                "\(reads) reads a round, every one of a segment.",
                "Rounds: " + ours.text(.perSecond) + ".",
                "Peer: RocksDB readrandom, LZ4, no block cache, all keys present.",
            ])
    }
}
