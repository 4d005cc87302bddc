internal import CacheBase
internal import CacheEngine

/// Bytes written to segments by flush and compaction, by those that the flusher wrote.
struct WriteAmplification: Benchmark {
    static let name = "write-amplification"
    static let summary = "write amplification of compaction: overwrites at 75 % live, and TTL only"

    func run(_ workbench: Workbench) throws -> [Measurement] {
        let defaultTTL: ClosedRange<UInt64> = 300_000...300_000
        let mixedTTL: ClosedRange<UInt64> = 60_000...600_000
        return try [
            OverwriteAmplification().run(workbench),
            ExpiryAmplification(
                figure: "write amplification, one TTL of 5 min", lifetimes: defaultTTL
            ).run(workbench),
            ExpiryAmplification(
                figure: "write amplification, TTLs of 1 to 10 min", lifetimes: mixedTTL
            ).run(workbench),
        ]
    }
}

/// The bytes of a stretch of a run.
struct WrittenBytes {
    let flushed: Double
    let compacted: Double

    init(from before: EngineStatistics, to after: EngineStatistics) {
        flushed = Double(after.flushedBytes - before.flushedBytes)
        compacted = Double(after.compactedBytes - before.compactedBytes)
    }

    func amplification() throws -> Double {
        guard flushed > 0 else { throw BenchmarkError("nothing was flushed") }
        return (flushed + compacted) / flushed
    }

    var note: String {
        "Flushed \(Quantity(flushed, .bytes).text), compacted \(Quantity(compacted, .bytes).text)."
    }
}
