internal import CacheBase
internal import CacheEngine
internal import Glibc

/// New keys that are never overwritten and end by their TTL, at a steady rate.
///
/// The engine's clock runs faster than the machine's, so that minutes of TTL pass in seconds.
struct ExpiryAmplification {
    let figure: String
    /// TTLs in milliseconds, drawn uniformly.
    let lifetimes: ClosedRange<UInt64>

    private static let valueBytes = 1000
    private static let speed: UInt64 = 20
    /// A quick run divides its duration by no more: faster, and the log alone would span a TTL.
    private static let divisorMax = 3
    private static let writesPerMillisecond = 40
    /// In seconds of the machine's clock; the longest TTL passes within the first.
    private static let settlingSeconds = 32.0
    private static let measuredSeconds = 30.0

    func run(_ workbench: Workbench) throws -> Measurement {
        workbench.progress(figure)
        let divisor = min(Self.divisorMax, workbench.extent.divisor)
        let speed = Self.speed * UInt64(divisor)
        let clock = Clock.manual(start: Timestamp(rawValue: 1_700_000_000_000))
        let workload = Workload(keyCount: 1, valueBytes: Self.valueBytes)
        return try workbench.withEngine(workbench.options("expiry"), clock: clock) { engine in
            var writer = Writer(EngineDriver(engine, workload), lifetimes, speed: speed)
            try writer.run(seconds: Self.settlingSeconds / Double(divisor))
            let before = engine.statistics()
            try writer.run(seconds: Self.measuredSeconds / Double(divisor))
            let after = engine.statistics()
            guard after.expirations > before.expirations else {
                throw BenchmarkError("nothing expired")
            }
            return try measurement(WrittenBytes(from: before, to: after), before, after, speed)
        }
    }

    private func measurement(
        _ written: WrittenBytes, _ before: EngineStatistics, _ after: EngineStatistics,
        _ speed: UInt64
    ) throws -> Measurement {
        Measurement(
            figure, ours: Quantity(try written.amplification(), .times),
            target: Target(.atMost(1.1)),
            notes: [
                "\(Self.writesPerMillisecond * 1000) writes/s of \(Self.valueBytes) bytes, each "
                    + "key once; the engine's clock runs \(speed) times as fast as the machine's.",
                written.note,
                "\(after.expirations - before.expirations) entries expired; disk used "
                    + "\(Quantity(Double(after.diskUsedBytes), .bytes).text), live "
                    + "\(Quantity(Double(after.diskLiveBytes), .bytes).text).",
            ])
    }

    /// Writes at a steady rate and moves the clock on.
    private struct Writer {
        private let driver: EngineDriver
        private let lifetimes: ClosedRange<UInt64>
        private let speed: UInt64
        private var random = Random(seed: 5)
        private var next = 0

        init(_ driver: EngineDriver, _ lifetimes: ClosedRange<UInt64>, speed: UInt64) {
            self.driver = driver
            self.lifetimes = lifetimes
            self.speed = speed
        }

        mutating func run(seconds: Double) throws {
            let clock = driver.engine.clock
            let watch = Stopwatch()
            var passed: UInt64 = 0
            while watch.seconds < seconds {
                let now = watch.nanoseconds / 1_000_000
                guard now > passed else {
                    usleep(200)
                    continue
                }
                clock.advance(milliseconds: (now - passed) * speed)
                for _ in 0..<((now - passed) * UInt64(writesPerMillisecond)) {
                    let lifetime = UInt64.random(in: lifetimes, using: &random)
                    try driver.put(next, expiry: Expiry(milliseconds: lifetime, after: clock.now()))
                    next += 1
                }
                passed = now
            }
        }
    }
}
