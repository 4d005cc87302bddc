internal import CacheBase
internal import CacheEngine

/// Writers that each have a thread, write an entry, and wait until it is durable.
struct BlockingWriters: Sendable {
    let engine: Engine
    let workload: Workload
    let count: Int

    init(_ engine: Engine, _ workload: Workload, count: Int) {
        self.engine = engine
        self.workload = workload
        self.count = count
    }

    /// Writes for so long.
    /// - Returns: durable writes.
    func run(seconds: Double) throws -> Int {
        let end = Stopwatch.now() + UInt64(seconds * 1e9)
        return try Threads.run(count) { writer in
            let driver = EngineDriver(engine, workload)
            var random = Random(seed: UInt64(writer) << 32 | end & 0xFFFF_FFFF)
            var writes = 0
            while Stopwatch.now() < end {
                let receipt = try driver.put(random.next(below: workload.keyCount))
                try engine.waitUntilDurable(receipt.lsn)
                writes += 1
            }
            return writes
        }.reduce(0, +)
    }
}
