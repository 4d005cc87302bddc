internal import CacheBase
internal import Histogram

/// Latencies of reads, in nanoseconds, to three significant digits.
///
/// Used by one thread at a time; a run that hands it on has waited for the thread's end.
final class Latencies: @unchecked Sendable {
    // Safe because: the thread that records ends before another reads.
    private static let nanosecondsMax: UInt64 = 60_000_000_000
    private static let readsPerCheck = 256

    private var histogram = Histogram<UInt64>(
        highestTrackableValue: nanosecondsMax, numberOfSignificantValueDigits: .three)

    /// Reads random keys without pause until it is over.
    func record(_ driver: EngineDriver, until isOver: () -> Bool) throws(StorageError) {
        var random = Random(seed: 11)
        while !isOver() {
            for _ in 0..<Self.readsPerCheck {
                let key = random.next(below: driver.workload.keyCount)
                let start = Stopwatch.now()
                try driver.get(key)
                histogram.record(min(Stopwatch.now() - start, Self.nanosecondsMax))
            }
        }
    }

    func nanoseconds(_ percentile: Double) -> Double {
        Double(histogram.valueAtPercentile(percentile))
    }

    var text: String {
        let figures = [
            ("p50", 50.0), ("p99", 99), ("p99.9", 99.9), ("p99.99", 99.99), ("max", 100),
        ]
        return figures.map { "\($0.0) \(Quantity(nanoseconds($0.1), .nanoseconds).text)" }
            .joined(separator: ", ") + " of \(histogram.totalCount) reads"
    }
}
