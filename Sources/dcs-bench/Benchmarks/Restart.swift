/// How fast a store is back after kill -9, against Redis loading the same keys.
struct Restart: Benchmark {
    static let name = "restart"
    static let summary = "restart after kill -9 with 1M, 3M and 10M keys, until ready"
    /// Small values: the case where Redis loads fastest.
    private static let valueBytes = 16
    private static let keyCounts = [1_000_000, 3_000_000, 10_000_000]
    /// What a key may cost more between the two larger sizes than between the two smaller ones.
    private static let growthMax = 1.5

    func run(_ workbench: Workbench) throws -> [Measurement] {
        let counts = Self.keyCounts.map(workbench.scaled)
        var rows: [Measurement] = []
        var seconds: [Double] = []
        for count in counts {
            let workload = Workload(keyCount: count, valueBytes: Self.valueBytes)
            let isLargest = count == counts.last
            let ours = try ours(workbench, workload)
            seconds.append(ours.seconds.median)
            let peer =
                isLargest && workbench.extent.measuresPeers
                ? try theirs(workbench, workload) : nil
            rows.append(measurement(workload, ours, peer, isLargest: isLargest))
        }
        return rows + [growth(counts, seconds)]
    }

    private struct Opened {
        var seconds = Samples()
        var last: ChildReport?
    }

    private func ours(_ workbench: Workbench, _ workload: Workload) throws -> Opened {
        var opened = Opened()
        for round in 1...workbench.rounds {
            workbench.progress("\(workload.keyCount) keys, round \(round)")
            // A store anew for each round: opening it leaves it in better order than the kill.
            let store = ChildStore(workbench, workload)
            defer { store.remove() }
            try store.fillAndKill()
            let (seconds, report) = try store.open()
            guard report.entries == workload.keyCount else {
                throw BenchmarkError("\(report.entries) of \(workload.keyCount) keys are back")
            }
            opened.seconds.add(seconds)
            opened.last = report
        }
        return opened
    }

    private func theirs(_ workbench: Workbench, _ workload: Workload) throws -> Samples {
        workbench.progress("filling Redis")
        let redis = try RedisServer(workbench)
        defer {
            redis.kill()
            redis.remove()
        }
        _ = try redis.start()
        try redis.fill(workload)
        try redis.save()
        var seconds = Samples()
        for round in 1...workbench.rounds {
            workbench.progress("Redis, round \(round)")
            redis.kill()
            seconds.add(try redis.start())
            try redis.requireKeys(workload.keyCount)
        }
        return seconds
    }

    private func measurement(
        _ workload: Workload, _ ours: Opened, _ theirs: Samples?, isLargest: Bool
    ) -> Measurement {
        let count = Double(workload.keyCount)
        var notes = [
            "From the start of the process until it could answer: "
                + Quantity(ours.seconds.median * 1000, .milliseconds).text + " (rounds "
                + Quantity.list(ours.seconds.values.map { $0 * 1000 }, .milliseconds) + ")."
        ]
        if let report = ours.last {
            notes.append(
                "\(report.replayedRecords) records came from the log, the others from hints.")
        }
        if let theirs {
            notes.append(
                "Peer: Redis from an RDB file, keys of 16 bytes and values of "
                    + "\(Self.valueBytes), both in the page cache: "
                    + Quantity(theirs.median * 1000, .milliseconds).text + ".")
        }
        return Measurement(
            "restart, \(workload.keyCount) keys",
            ours: Quantity(count / ours.seconds.median, .perSecond),
            peer: theirs.map { Quantity(count / $0.median, .perSecond) },
            target: isLargest ? Target(.ratioAtLeast(4)) : Target(), notes: notes)
    }

    /// Cost of a key among the larger stores by that among the smaller ones: 1 is linear.
    private func growth(_ counts: [Int], _ seconds: [Double]) -> Measurement {
        func cost(_ from: Int) -> Double {
            (seconds[from + 1] - seconds[from]) / Double(counts[from + 1] - counts[from])
        }
        return Measurement(
            "restart, growth of a key's cost", ours: Quantity(cost(1) / cost(0), .times),
            target: Target(.atMost(Self.growthMax)),
            notes: [
                "A key's cost from the second size to the third, by that from the first to "
                    + "the second; 1 is linear growth."
            ])
    }
}
