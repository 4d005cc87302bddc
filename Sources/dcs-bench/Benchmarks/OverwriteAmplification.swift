internal import CacheBase
internal import CacheEngine

/// Uniform overwrites on a disk that live entries fill to 75 %.
struct OverwriteAmplification {
    private static let keyCount = 1_000_000
    private static let valueBytes = 1000
    private static let liveShare = 0.75
    /// Overwrites until compaction is in its steady state, and while it is measured, per key.
    private static let settlingWrites = 3
    private static let measuredWrites = 4

    func run(_ workbench: Workbench) throws -> Measurement {
        let workload = Workload(
            keyCount: workbench.scaled(Self.keyCount), valueBytes: Self.valueBytes)
        workbench.progress("measuring what is live")
        let liveBytes = try workbench.withEngine(options(workbench)) { engine in
            try EngineDriver(engine, workload).fill()
            try engine.drainLog()
            return engine.statistics().diskLiveBytes
        }
        var options = options(workbench)
        options.diskBytesMax = UInt64(Double(liveBytes) / Self.liveShare)
        return try workbench.withEngine(options) { engine in
            try overwrite(workbench, EngineDriver(engine, workload))
        }
    }

    /// The log is scaled with the disk: what is flushed at once stays a small part of it.
    private func options(_ workbench: Workbench) -> EngineOptions {
        var options = workbench.options("amplification")
        options.memoryBytesMax = max(
            Limits.memoryBytesMin, UInt64(workbench.scaled(Int(options.memoryBytesMax))))
        return options
    }

    private func overwrite(
        _ workbench: Workbench, _ driver: EngineDriver
    ) throws -> Measurement {
        let keys = driver.workload.keyCount
        try driver.fill()
        workbench.progress("overwriting until it is steady")
        try driver.putRandom(Self.settlingWrites * keys, seed: 1)
        let before = driver.engine.statistics()
        workbench.progress("overwriting")
        try driver.putRandom(Self.measuredWrites * keys, seed: 2)
        let after = driver.engine.statistics()
        let evictions = after.evictions - before.evictions
        guard evictions == 0 else {
            throw BenchmarkError("\(evictions) entries were evicted: less than 75 % was live")
        }
        let written = WrittenBytes(from: before, to: after)
        return Measurement(
            "write amplification, overwrites at 75 % live",
            ours: Quantity(try written.amplification(), .times), target: Target(.atMost(3)),
            notes: [
                "\(keys) keys, values of \(Self.valueBytes) bytes, \(Self.measuredWrites) uniform "
                    + "overwrites of each on average, after \(Self.settlingWrites) to settle.",
                written.note,
                "Disk used \(Quantity(Double(after.diskUsedBytes), .bytes).text), live "
                    + "\(Quantity(Double(after.diskLiveBytes), .bytes).text), limit "
                    + "\(Quantity(Double(driver.engine.options.diskBytesMax), .bytes).text).",
            ])
    }
}
