internal import CacheBase
internal import CacheEngine
internal import CacheHTTP
internal import CacheNode
internal import CacheTelemetry
internal import NIOCore
internal import NIOPosix

/// What one scrape of the metrics costs, with the counters of many event loops.
struct ScrapeCost: Benchmark {
    static let name = "scrape"
    static let summary = "/metrics of a node with 64 event loops, in process"
    private static let loops = 64

    func run(_ workbench: Workbench) throws -> [Measurement] {
        try workbench.withEngine(workbench.options("scrape")) { engine in
            let driver = EngineDriver(engine, Workload(keyCount: workbench.scaled(100_000)))
            try driver.fill()
            let group = MultiThreadedEventLoopGroup(numberOfThreads: Self.loops)
            defer { try? group.syncShutdownGracefully() }
            let node = node(engine)
            let server = DataServer(
                engine: engine, settings: DataPlaneSettings(), group: group, control: node.answer)
            try wait(group) { _ = try await server.start(address: "127.0.0.1", port: 0) }
            node.registry.add { server.collectMetrics(&$0) }
            let result = measure(workbench, node)
            try wait(group) { await server.drain(within: .zero) }
            return [result]
        }
    }

    private func node(_ engine: Engine) -> NodeControl {
        let state = NodeState()
        state.serve(engine)
        return NodeControl(state: state, version: "bench", clock: .system()) { _, _ in
            NodeList(epoch: 1, members: [])
        }
    }

    private func measure(_ workbench: Workbench, _ node: NodeControl) -> Measurement {
        let scrapes = workbench.scaled(2000)
        var samples = Samples()
        var bytes = 0
        for round in 1...workbench.rounds {
            workbench.progress("round \(round)")
            let watch = Stopwatch()
            for _ in 0..<scrapes { bytes = node.registry.text().count }
            samples.add(Double(watch.nanoseconds) / 1e6 / Double(scrapes))
        }
        return Measurement(
            "Scrape of /metrics, 64 event loops", ours: Quantity(samples, .milliseconds),
            target: Target(.atMost(1)),
            notes: [
                "\(scrapes) scrapes a round, \(bytes) bytes each, without the socket.",
                "Rounds: " + samples.text(.milliseconds) + ".",
            ])
    }

    /// Runs an asynchronous `body` to its end.
    private func wait(
        _ group: MultiThreadedEventLoopGroup, _ body: @escaping @Sendable () async throws -> Void
    ) throws {
        let promise = group.next().makePromise(of: Void.self)
        promise.completeWithTask(body)
        try promise.futureResult.wait()
    }
}
