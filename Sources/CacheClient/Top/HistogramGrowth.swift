/// What a histogram has counted between two scrapes.
struct HistogramGrowth: Equatable, Sendable {
    /// Upper bounds in seconds with the events up to each, ascending; the last bound is infinite.
    private let buckets: [(bound: Double, events: Double)]

    /// - Parameter labels: those that its series share.
    init(_ name: String, _ labels: [String: String] = [:], from old: Metrics, to new: Metrics) {
        let bucket = name + "_bucket"
        let series = (new.samples[bucket] ?? []).filter { sample in
            labels.allSatisfy { sample.labels[$0.key] == $0.value }
        }
        buckets = series.compactMap { sample in
            guard let text = sample.labels["le"], let bound = Double(text) else { return nil }
            let before = old.value(bucket, labels.merging(["le": text]) { $1 })
            return (bound, max(0, sample.value - before))
        }.sorted { $0.bound < $1.bound }
    }

    static func == (left: HistogramGrowth, right: HistogramGrowth) -> Bool {
        left.buckets.elementsEqual(right.buckets) { $0 == $1 }
    }

    /// Events between the scrapes.
    var events: Double { buckets.last?.events ?? 0 }

    /// The time that the given share of the events stayed under, as if they were spread evenly
    /// inside their bucket; the largest bound for what lies beyond it, nil where nothing happened.
    func quantile(_ share: Double) -> Double? {
        guard events > 0 else { return nil }
        let rank = share * events
        var lower = (bound: 0.0, events: 0.0)
        for bucket in buckets {
            guard bucket.events < rank else {
                guard bucket.bound.isFinite else { return lower.bound }
                let inside = bucket.events - lower.events
                let part = inside > 0 ? (rank - lower.events) / inside : 1
                return lower.bound + (bucket.bound - lower.bound) * part
            }
            lower = bucket
        }
        return lower.bound
    }
}
