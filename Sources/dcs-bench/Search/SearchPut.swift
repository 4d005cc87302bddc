internal import CacheBase
internal import CacheEngine
internal import CacheFiles
internal import CacheNode
internal import Glibc

/// What full-text search costs those who write: the same documents with and without it.
struct SearchPut: Benchmark {
    static let name = "search-put"
    static let summary = "PUT of text with full-text search, by without: rate, and time at a rate"
    private static let documents = 200_000
    private static let pacedPerMillisecond = 10
    private static let pacedSeconds = 5.0

    func run(_ workbench: Workbench) throws -> [Measurement] {
        let texts = ZipfText()
        var (with, without, shares) = (Samples(), Samples(), Samples())
        var (pacedWith, pacedWithout, pacedShares) = (Samples(), Samples(), Samples())
        for round in 1...workbench.rounds {
            workbench.progress("round \(round)")
            let first = try rates(workbench, texts, searches: round % 2 == 0)
            let second = try rates(workbench, texts, searches: round % 2 == 1)
            let (on, off) = round % 2 == 0 ? (first, second) : (second, first)
            with.add(on.burst)
            without.add(off.burst)
            shares.add(on.burst / off.burst)
            pacedWith.add(on.nanoseconds)
            pacedWithout.add(off.nanoseconds)
            pacedShares.add(on.nanoseconds / off.nanoseconds)
        }
        return [
            Measurement(
                "PUT of text in a burst, with search by without",
                ours: Quantity(shares, .times), target: Target(.atLeast(0.9)),
                notes: [
                    "\(workbench.scaled(Self.documents)) documents of 40 words, one writer.",
                    "With: " + with.text(.perSecond) + "; without: " + without.text(.perSecond)
                        + ".",
                ]),
            Measurement(
                "time of a PUT of text at \(Self.pacedPerMillisecond * 1000) a second, with search by "
                    + "without", ours: Quantity(pacedShares, .times),
                target: Target(.atMost(1.1)),
                notes: [
                    "Means of the calls alone. With: " + pacedWith.text(.nanoseconds)
                        + "; without: " + pacedWithout.text(.nanoseconds) + "."
                ]),
        ]
    }

    private func rates(
        _ workbench: Workbench, _ texts: ZipfText, searches: Bool
    ) throws -> (burst: Double, nanoseconds: Double) {
        try workbench.withEngine(workbench.options("search-put")) { engine in
            let search = searches ? try SearchService(engine, files: RealFileSystem()) : nil
            defer { search?.stop() }
            let driver = TextDriver(engine, texts)
            let count = workbench.scaled(Self.documents)
            // Documents are made beforehand: what counts is the writing.
            let values = (0..<count).map { number -> [UInt8] in
                var text: [UInt8] = []
                texts.write(number, to: &text)
                return text
            }
            let watch = Stopwatch()
            for number in 0..<count { try driver.put(number, values[number]) }
            let burst = Double(count) / watch.seconds
            try engine.settle()
            return (burst, try paced(workbench, driver, values))
        }
    }

    /// The mean time of a write where so many come in a second.
    private func paced(
        _ workbench: Workbench, _ driver: TextDriver, _ values: [[UInt8]]
    ) throws -> Double {
        let watch = Stopwatch()
        let seconds = workbench.scaled(seconds: Self.pacedSeconds)
        var (passed, number, spent) = (UInt64(0), 0, UInt64(0))
        while watch.seconds < seconds {
            let now = watch.nanoseconds / 1_000_000
            guard now > passed else {
                usleep(200)
                continue
            }
            let start = Stopwatch.now()
            for _ in 0..<(Int(now - passed) * Self.pacedPerMillisecond) {
                try driver.put(number, values[number % values.count])
                number += 1
            }
            spent += Stopwatch.now() - start
            passed = now
        }
        return Double(spent) / Double(max(number, 1))
    }
}
