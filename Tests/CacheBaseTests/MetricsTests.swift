import CacheBase
import Testing

@Suite("Metrics primitives")
struct MetricsTests {
    @Test func countersOfOneRowAreApart() {
        let cells = CounterCells(count: 9)
        cells.add(at: 0)
        cells.add(41, at: 8)
        cells.add(at: 8)
        #expect((0..<9).map { cells[$0] } == [1, 0, 0, 0, 0, 0, 0, 0, 42])
    }

    @Test func aReaderOnAnotherThreadSeesACounterGrowAndNeverFall() {
        let cells = CounterCells(count: 1)
        let total: UInt64 = 200_000
        let writer = BackgroundThread(name: "writer") {
            for _ in 0..<total { cells.add(at: 0) }
        }
        var last: UInt64 = 0
        while last < total {
            let seen = cells[0]
            #expect(seen >= last)
            last = seen
        }
        writer.join()
        #expect(cells[0] == total)
    }

    @Test func aTimeBelongsToTheFirstBucketThatHoldsIt() {
        #expect(LatencyBuckets.count == LatencyBuckets.bounds.count + 1)
        #expect(LatencyBuckets.bounds == LatencyBuckets.bounds.sorted())
        #expect(LatencyBuckets.index(of: 0) == 0)
        for (index, bound) in LatencyBuckets.bounds.enumerated() {
            #expect(LatencyBuckets.index(of: bound) == index)
            #expect(LatencyBuckets.index(of: bound + 1) == index + 1)
        }
        #expect(LatencyBuckets.index(of: .max) == LatencyBuckets.count - 1)
    }

    @Test func seriesAreCountedByThemselvesAndAddUp() {
        let histograms = LatencyHistograms(series: 8)
        histograms.record(nanoseconds: 60_000, times: 3, series: 2)
        var counts = SIMD8<UInt32>()
        counts[2] = 4
        counts[7] = 1
        histograms.record(nanoseconds: 20_000_000_000, times: counts)
        var sum = histograms.snapshot(series: 2)
        #expect(sum.count == 7)
        #expect(sum.buckets[1] == 3)
        #expect(sum.buckets[17] == 4)
        #expect(sum.sumNanoseconds == 3 * 60_000 + 4 * 20_000_000_000)
        #expect(histograms.snapshot(series: 0) == LatencySnapshot())
        sum += histograms.snapshot(series: 7)
        #expect(sum.count == 8)
        #expect(sum.sumNanoseconds == 3 * 60_000 + 5 * 20_000_000_000)
    }
}
