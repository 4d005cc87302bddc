internal import CacheBase
internal import CacheEngine

/// Uniform overwrites on a disk that live entries fill to 75 %.
struct OverwriteAmplification {
    private static let keyCount = 1_000_000
    /// With fewer, the log would hold much of what is live.
    private static let keyCountMin = 300_000
    private static let valueBytes = 1000
    private static let liveShare = 0.75
    /// Less, and the figure would flatter.
    private static let liveShareMin = 0.70
    private static let memoryBytes: UInt64 = 96 << 20
    /// The live share is looked at so often.
    private static let parts = 20
    /// Overwrites until compaction is in its steady state, and while it is measured, per key.
    private static let settlingWrites = 3
    private static let measuredWrites = 4

    func run(_ workbench: Workbench) throws -> Measurement {
        let workload = Workload(
            keyCount: max(Self.keyCountMin, workbench.scaled(Self.keyCount)),
            valueBytes: Self.valueBytes)
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

    /// With little memory the log is short: what it holds is not on the disk that is to be full.
    private func options(_ workbench: Workbench) -> EngineOptions {
        var options = workbench.options("amplification")
        options.memoryBytesMax = Self.memoryBytes
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
        var shares = Samples()
        for part in 0..<Self.parts {
            try driver.putRandom(Self.measuredWrites * keys / Self.parts, seed: UInt64(2 + part))
            let now = driver.engine.statistics()
            shares.add(Double(now.diskLiveBytes) / Double(max(1, now.diskUsedBytes)))
        }
        return try measurement(driver, before, driver.engine.statistics(), shares.median)
    }

    private func measurement(
        _ driver: EngineDriver, _ before: EngineStatistics, _ after: EngineStatistics,
        _ liveShare: Double
    ) throws -> Measurement {
        let evictions = after.evictions - before.evictions
        guard evictions == 0, liveShare >= Self.liveShareMin else {
            throw BenchmarkError(
                "the disk was \(Self.percent(liveShare)) live, with \(evictions) evictions")
        }
        let written = WrittenBytes(from: before, to: after)
        let limit = Double(driver.engine.options.diskBytesMax)
        return Measurement(
            "write amplification, overwrites at 75 % live",
            ours: Quantity(try written.amplification(), .times), target: Target(.atMost(3)),
            notes: [
                "\(driver.workload.keyCount) keys, values of \(Self.valueBytes) bytes, "
                    + "\(Self.measuredWrites) uniform overwrites of each on average, after "
                    + "\(Self.settlingWrites) to settle.",
                written.note,
                "Of the disk's \(Quantity(limit, .bytes).text), 75 % would be live with an empty "
                    + "log; \(Self.percent(liveShare)) of what was used was live (median).",
            ])
    }

    private static func percent(_ share: Double) -> String {
        Quantity.fixed(100 * share, 0) + " %"
    }
}
