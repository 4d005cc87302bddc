internal import CacheBase
internal import CacheEngine
internal import Glibc
internal import Histogram
internal import Synchronization

/// How long reads take while the engine flushes and compacts, against at rest.
struct GetLatency: Benchmark {
    static let name = "get-latency"
    static let summary = "p99.9 of a GET while flush and compaction run, against at rest"
    private static let idleSeconds = 10.0
    /// The loaded phase lasts until it has seen enough of both.
    private static let loadedSeconds = 15.0
    private static let loadedSecondsMax = 180.0
    private static let flushesMin: UInt64 = 3
    private static let compactionsMin: UInt64 = 3
    private static let writesPerMillisecond = 150

    func run(_ workbench: Workbench) throws -> [Measurement] {
        let workload = Workload(keyCount: workbench.scaled(1_000_000))
        return try workbench.withEngine(workbench.options("get-latency")) { engine in
            let driver = EngineDriver(engine, workload)
            try driver.fill()
            try engine.drainLog()
            try driver.readAll()
            try driver.readAll()
            workbench.progress("at rest")
            let idle = Latencies()
            let end = Stopwatch()
            try idle.record(driver) { end.seconds >= workbench.scaled(seconds: Self.idleSeconds) }
            workbench.progress("under writes")
            let (loaded, work) = try underWrites(workbench, driver)
            try driver.requireNoMisses()
            return [measurement(idle, loaded, work)]
        }
    }

    /// What the reader saw.
    private struct Reads {
        let latencies: Latencies
        let cold: Int
    }

    /// What the engine did meanwhile.
    private struct Work {
        let seconds: Double
        let before: EngineStatistics
        let after: EngineStatistics
    }

    private func underWrites(
        _ workbench: Workbench, _ driver: EngineDriver
    ) throws -> (Reads, Work) {
        let engine = driver.engine
        let workload = driver.workload
        let isOver = Flag()
        let before = engine.statistics()
        let watch = Stopwatch()
        let results = try Threads.run(3) { role -> Reads? in
            defer { isOver.raise() }
            switch role {
            case 0: try watchWork(workbench, engine, before, isOver)
            case 1: try write(EngineDriver(engine, workload), isOver)
            default:
                return try read(EngineDriver(engine, workload), isOver)
            }
            return nil
        }
        let work = Work(seconds: watch.seconds, before: before, after: engine.statistics())
        guard let loaded = results.compactMap({ $0 }).first else {
            preconditionFailure("the reader returns its latencies")
        }
        return (loaded, work)
    }

    private func read(_ driver: EngineDriver, _ isOver: Flag) throws -> Reads {
        let latencies = Latencies()
        try latencies.record(driver) { isOver.isRaised }
        try driver.requireNoMisses()
        return Reads(latencies: latencies, cold: driver.coldReads)
    }

    /// Ends the phase once flush and compaction ran often enough.
    private func watchWork(
        _ workbench: Workbench, _ engine: Engine, _ before: EngineStatistics, _ isOver: Flag
    ) throws {
        let watch = Stopwatch()
        let least = workbench.scaled(seconds: Self.loadedSeconds)
        while !isOver.isRaised {
            usleep(100_000)
            let now = engine.statistics()
            let isEnough =
                now.flushes >= before.flushes + Self.flushesMin
                && now.compactions >= before.compactions + Self.compactionsMin
            if isEnough && watch.seconds >= least { return }
            guard watch.seconds < Self.loadedSecondsMax else {
                throw BenchmarkError("flush and compaction hardly ran")
            }
        }
    }

    /// Overwrites at a bounded rate.
    private func write(_ driver: EngineDriver, _ isOver: Flag) throws {
        let watch = Stopwatch()
        var passed: UInt64 = 0
        var seed: UInt64 = 0
        while !isOver.isRaised {
            let now = watch.nanoseconds / 1_000_000
            if now > passed {
                seed += 1
                try driver.putRandom(Int(now - passed) * Self.writesPerMillisecond, seed: seed)
            } else {
                usleep(200)
            }
            passed = now
        }
    }

    private func measurement(_ idle: Latencies, _ loaded: Reads, _ work: Work) -> Measurement {
        let factor = loaded.latencies.nanoseconds(99.9) / idle.nanoseconds(99.9)
        return Measurement(
            "p99.9 of a GET under flush and compaction, by idle", ours: Quantity(factor, .times),
            target: Target(.atMost(5)),
            notes: [
                "At rest: \(idle.text).",
                "Under \(Self.writesPerMillisecond * 1000) PUT/s: \(loaded.latencies.text); "
                    + "\(loaded.cold) of them of a segment.",
                "In \(Quantity.fixed(work.seconds, 0)) s: "
                    + "\(work.after.flushes - work.before.flushes) flushes, "
                    + "\(work.after.compactions - work.before.compactions) compactions.",
                "One thread reads random keys without pause; the time of reading the clock is "
                    + "included.",
            ])
    }
}

/// A flag between threads; once raised, for ever.
private final class Flag: Sendable {
    private let value = Atomic(false)

    var isRaised: Bool { value.load(ordering: .relaxed) }

    func raise() { value.store(true, ordering: .relaxed) }
}
