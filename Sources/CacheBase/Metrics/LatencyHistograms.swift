/// Histograms of times with one writer, one for each of a few series (such as operations).
///
/// Invariant: the cells of series `s` are its buckets, then the sum of its times in nanoseconds.
package final class LatencyHistograms: Sendable {
    private let cells: CounterCells
    private static let cellsPerSeries = LatencyBuckets.count + 1

    package init(series: Int = 1) {
        cells = CounterCells(count: series * Self.cellsPerSeries)
    }

    /// Counts `times` events that took so long each; by the one writer.
    package func record(nanoseconds: UInt64, times: UInt64 = 1, series: Int = 0) {
        record(nanoseconds, times, series, bucket: LatencyBuckets.index(of: nanoseconds))
    }

    /// As `record`, for each series as many events as `times` says; the bucket is looked for once.
    package func record(nanoseconds: UInt64, times: SIMD8<UInt32>) {
        let bucket = LatencyBuckets.index(of: nanoseconds)
        for series in 0..<8 where times[series] > 0 {
            record(nanoseconds, UInt64(times[series]), series, bucket: bucket)
        }
    }

    private func record(_ nanoseconds: UInt64, _ times: UInt64, _ series: Int, bucket: Int) {
        let first = series * Self.cellsPerSeries
        cells.add(times, at: first + bucket)
        cells.add(nanoseconds &* times, at: first + LatencyBuckets.count)
    }

    /// What a series holds at this moment; by anyone.
    package func snapshot(series: Int = 0) -> LatencySnapshot {
        let first = series * Self.cellsPerSeries
        return LatencySnapshot(
            buckets: (0..<LatencyBuckets.count).map { cells[first + $0] },
            sumNanoseconds: cells[first + LatencyBuckets.count])
    }
}

/// A histogram of times at a moment; those of several threads add up.
package struct LatencySnapshot: Sendable, Equatable {
    /// Events of each bucket, not cumulative.
    package private(set) var buckets: [UInt64]
    package private(set) var sumNanoseconds: UInt64

    package init() {
        self.init(buckets: .init(repeating: 0, count: LatencyBuckets.count), sumNanoseconds: 0)
    }

    init(buckets: [UInt64], sumNanoseconds: UInt64) {
        precondition(buckets.count == LatencyBuckets.count)
        self.buckets = buckets
        self.sumNanoseconds = sumNanoseconds
    }

    package var count: UInt64 { buckets.reduce(0, &+) }

    package static func += (left: inout LatencySnapshot, right: LatencySnapshot) {
        for index in left.buckets.indices { left.buckets[index] &+= right.buckets[index] }
        left.sumNanoseconds &+= right.sumNanoseconds
    }
}
