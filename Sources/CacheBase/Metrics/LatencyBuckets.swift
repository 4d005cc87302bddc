/// The buckets of every histogram of times: 50 µs to 10 s in steps of about two.
///
/// Fixed, so that histograms of all threads and nodes add up. A time belongs to the first bucket
/// whose bound it does not exceed; the last bucket has no bound.
package enum LatencyBuckets {
    /// Upper bounds in nanoseconds, ascending.
    package static let bounds: [UInt64] = [
        50_000, 100_000, 250_000, 500_000,
        1_000_000, 2_500_000, 5_000_000, 10_000_000, 25_000_000, 50_000_000,
        100_000_000, 250_000_000, 500_000_000,
        1_000_000_000, 2_500_000_000, 5_000_000_000, 10_000_000_000,
    ]

    /// Buckets, the one without a bound included.
    package static let count = 18

    /// The bucket of a time.
    /// - Complexity: O(buckets below it): one or two comparisons for what a cache usually takes.
    package static func index(of nanoseconds: UInt64) -> Int {
        bounds.withUnsafeBufferPointer { bounds in
            var index = 0
            while index < bounds.count, nanoseconds > bounds[index] { index += 1 }
            return index
        }
    }
}
