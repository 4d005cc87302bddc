internal import CacheBase
internal import CacheEngine

/// The same overwrites until 10 GB were written: flush and compaction have to keep up.
struct PutSustained: Benchmark {
    static let name = "put-sustained"
    static let summary = "PUT, interval, sustained over 10 GB of logical writes"
    private static let logicalBytes = 10_000_000_000
    /// The run is divided into so many parts, to show whether it slows down.
    private static let parts = 10

    func run(_ workbench: Workbench) throws -> [Measurement] {
        let workload = Workload(keyCount: workbench.scaled(1_000_000))
        let writes = workbench.scaled(Self.logicalBytes) / workload.entryBytes
        return try workbench.withEngine(workbench.options("put-sustained")) { engine in
            let driver = EngineDriver(engine, workload)
            try driver.fill()
            var parts = Samples()
            let before = engine.statistics()
            let rate = try Stopwatch.rate(of: writes) { () throws(StorageError) in
                for part in 0..<Self.parts {
                    parts.add(
                        try Stopwatch.rate(of: writes / Self.parts) {
                            () throws(StorageError) in
                            try driver.putRandom(writes / Self.parts, seed: UInt64(part))
                        })
                }
            }
            let after = engine.statistics()
            try driver.verify(10_000, seed: 99)
            return [try measurement(driver, rate, parts, before, after)]
        }
    }

    private func measurement(
        _ driver: EngineDriver, _ rate: Double, _ parts: Samples, _ before: EngineStatistics,
        _ after: EngineStatistics
    ) throws -> Measurement {
        let flushes = after.flushes - before.flushes
        guard flushes > 0 else { throw BenchmarkError("nothing was flushed") }
        let appended = Double(after.logBytesAppended - before.logBytesAppended)
        let flushed = Double(after.flushedBytes - before.flushedBytes)
        let compacted = Double(after.compactedBytes - before.compactedBytes)
        return Measurement(
            "PUT, interval, sustained", ours: Quantity(rate, .perSecond),
            target: Target(.atLeast(4e5)),
            notes: [
                "By tenths of the run: " + parts.text(.perSecond) + ".",
                "Log \(Quantity(appended, .bytes).text), flushed "
                    + "\(Quantity(flushed, .bytes).text) in \(flushes) flushes, compacted "
                    + "\(Quantity(compacted, .bytes).text); \(driver.overloads) refusals for "
                    + "overload, each repeated after 200 µs.",
            ])
    }
}
