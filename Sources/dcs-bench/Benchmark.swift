/// One benchmark: measures a figure or a few that belong together.
protocol Benchmark: Sendable {
    /// As `--only` takes it.
    static var name: String { get }
    /// A sentence for `--list`.
    static var summary: String { get }

    init()

    /// - Throws: `BenchmarkError` where it cannot be measured, and what the engine throws.
    func run(_ workbench: Workbench) throws -> [Measurement]
}

/// The engine's benchmarks, in the order of the report.
enum EngineBenchmarks {
    static let all: [any Benchmark.Type] = [
        GetMemory.self, PutMemory.self, PutSustained.self, PutAlways.self,
        TransactionCommits.self, GetDisk.self, Restart.self, MemoryPerKey.self, DiskSize.self,
        WriteAmplification.self, GetLatency.self, ScrapeCost.self,
        SearchPut.self, SearchFresh.self, SearchStart.self,
    ]
}
