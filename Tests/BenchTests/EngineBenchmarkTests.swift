import CacheEngine
import Testing

@testable import dcs_bench

/// Small runs without peers: that each measures what it says, not how fast it is.
@Suite("Engine benchmarks", .serialized)
struct EngineBenchmarkTests {
    private func workbench(_ folder: TemporaryFolder) -> Workbench {
        let extent = Workbench.Extent(rounds: 1, divisor: 1000, measuresPeers: false)
        return Workbench(extent, folder: folder, processes: ProcessRegistry())
    }

    @Test(arguments: [
        "get-memory", "put-memory", "put-always", "get-disk", "scrape", "search-put",
        "search-fresh", "search-start",
    ])
    func aSmallRunGivesFiguresAndLeavesNothing(name: String) throws {
        let folder = try TemporaryFolder(in: "/tmp")
        defer { folder.remove() }
        let benchmark = try #require(EngineBenchmarks.all.first { $0.name == name })
        let rows = try benchmark.init().run(workbench(folder))
        #expect(!rows.isEmpty)
        for row in rows {
            #expect(row.ours.value > 0)
            #expect(row.peer == nil)
        }
        #expect(FileTree.bytes(folder.path) == 0)
    }

    @Test func commitsAreComparedWithSingleWritesAlsoWithoutPeers() throws {
        let folder = try TemporaryFolder(in: "/tmp")
        defer { folder.remove() }
        let rows = try TransactionCommits().run(workbench(folder))
        // One put and two against single puts; the last one has Redis as its only peer.
        #expect(rows.map { $0.ratio == nil } == [false, false, true])
        #expect(rows.allSatisfy { $0.ours.value > 0 })
    }

    @Test func namesAreDistinct() {
        let names = EngineBenchmarks.all.map { $0.name }
        #expect(Set(names).count == names.count)
    }

    @Test func drainingMovesEverythingToSegments() throws {
        let folder = try TemporaryFolder(in: "/tmp")
        defer { folder.remove() }
        let workbench = workbench(folder)
        var options = workbench.options("drain")
        options.memoryBytesMax = 64 << 20
        options.hotTier = false
        try workbench.withEngine(options) { engine in
            let driver = EngineDriver(engine, Workload(keyCount: 500))
            try driver.fill()
            try engine.drainLog()
            try driver.readAll()
            #expect(driver.coldReads == 500)
            #expect(driver.misses == 0)
            #expect(engine.statistics().liveEntries == 500)
            try driver.verify(100, seed: 1)
        }
    }

    @Test func aWrongValueIsNoticed() throws {
        let folder = try TemporaryFolder(in: "/tmp")
        defer { folder.remove() }
        let workbench = workbench(folder)
        try workbench.withEngine(workbench.options("verify")) { engine in
            try EngineDriver(engine, Workload(keyCount: 10, valueBytes: 99)).fill()
            let driver = EngineDriver(engine, Workload(keyCount: 10))
            #expect(throws: BenchmarkError.self) { try driver.verify(10, seed: 1) }
            try driver.fill()
            try driver.verify(10, seed: 1)
            #expect(throws: BenchmarkError.self) {
                try EngineDriver(engine, Workload(keyCount: 1000)).verify(100, seed: 1)
            }
        }
    }
}
