internal import CacheBase
internal import CacheEngine
internal import Glibc
internal import Synchronization

/// Writers as a server has them: a few loops, each with its share of connections that have one
/// write, or one transaction, outstanding. A loop writes for everyone whose last write is durable,
/// asks for a sync, and sleeps until the engine says that it has advanced.
struct MultiplexedWriters: Sendable {
    let engine: Engine
    let workload: Workload
    let count: Int
    let loops: Int
    private let wakeUps: [WakeUp]

    /// One for each engine: it listens for as long as the engine lives.
    init(_ engine: Engine, _ workload: Workload, count: Int) {
        self.engine = engine
        self.workload = workload
        self.count = count
        loops = max(1, min(count, sysconf(Int32(_SC_NPROCESSORS_ONLN))))
        let wakeUps = (0..<loops).map { _ in WakeUp() }
        engine.onDurableAdvance { _ in wakeUps.forEach { $0.signal() } }
        self.wakeUps = wakeUps
    }

    /// Writes for so long.
    /// - Parameter write: makes one write of random keys and returns its version.
    /// - Returns: durable writes.
    func run(
        seconds: Double, _ write: @escaping @Sendable (EngineDriver, inout Random) throws -> LSN
    ) throws -> Int {
        let end = Stopwatch.now() + UInt64(seconds * 1e9)
        return try Threads.run(loops) { number in
            var loop = Loop(
                engine, workload, writers: count / loops, seed: UInt64(number) ^ end, write)
            while Stopwatch.now() < end {
                let seen = wakeUps[number].count
                if try loop.turn() == 0 { wakeUps[number].wait(after: seen) }
            }
            return loop.durableWrites
        }.reduce(0, +)
    }

    private struct Loop {
        private let engine: Engine
        private let driver: EngineDriver
        private var outstanding: [LSN]
        private var random: Random
        private let write: (EngineDriver, inout Random) throws -> LSN
        private(set) var durableWrites = 0

        init(
            _ engine: Engine, _ workload: Workload, writers: Int, seed: UInt64,
            _ write: @escaping (EngineDriver, inout Random) throws -> LSN
        ) {
            self.engine = engine
            self.write = write
            driver = EngineDriver(engine, workload)
            outstanding = Array(repeating: .zero, count: writers)
            random = Random(seed: seed)
        }

        /// Writes once for each writer whose last write is durable.
        /// - Returns: writes made.
        mutating func turn() throws -> Int {
            guard engine.acceptsWrites else { throw BenchmarkError("a sync failed") }
            let durable = engine.durableLSN
            var writes = 0
            for writer in outstanding.indices where outstanding[writer] <= durable {
                if outstanding[writer] != .zero { durableWrites += 1 }
                outstanding[writer] = try write(driver, &random)
                writes += 1
            }
            if writes > 0, let last = outstanding.max() { engine.requestSync(last) }
            return writes
        }
    }
}

/// Lets a loop sleep until someone signals; a signal before the sleep is not lost.
private final class WakeUp: @unchecked Sendable {
    // Safe because: the mutex and the condition are made for sharing, and `signals` is used only
    // under the mutex.
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var signals = 0

    init() {
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(condition, nil)
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    /// Signals so far.
    var count: Int { locked { signals } }

    func signal() {
        locked {
            signals += 1
            pthread_cond_signal(condition)
        }
    }

    /// Returns once there were more signals than `seen`.
    func wait(after seen: Int) {
        locked { while signals == seen { pthread_cond_wait(condition, mutex) } }
    }

    private func locked<Result>(_ body: () -> Result) -> Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return body()
    }
}
