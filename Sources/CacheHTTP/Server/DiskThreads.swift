internal import CacheBase
internal import CacheEngine
internal import CacheNode
internal import NIOPosix
internal import Synchronization

/// The threads that wait for the disk in an event loop's place.
///
/// Invariant: at most `HTTPLimits.diskJobsMax` jobs are queued or running.
final class DiskThreads: Sendable {
    typealias Resumption = Connection<Engine>.Resumption

    private let pool = NIOThreadPool(numberOfThreads: HTTPLimits.diskThreads)
    private let pending = Atomic(0)
    private let scratch = ThreadSpecificVariable<ThreadScratch>()

    func start() { pool.start() }

    func stop() async throws { try await pool.shutdownGracefully() }

    /// Reads one entry and calls `done` on one of the threads, or at once where all are taken.
    func read(
        _ job: ColdJob<ColdRead>, from engine: Engine,
        _ done: @escaping @Sendable (Resumption) -> Void
    ) {
        run(done) { Self.read(job, engine, self.threadScratch) }
    }

    /// Carries out a write whose condition may have to be looked up on the disk; as `read`.
    func write(
        _ job: WriteJob, to engine: Engine, _ done: @escaping @Sendable (Resumption) -> Void
    ) {
        run(done) { job.perform(on: engine) }
    }

    /// Carries out a call on a transaction; as `read`.
    func carryOut(
        _ job: TransactionJob, on engine: Engine, _ done: @escaping @Sendable (Resumption) -> Void
    ) {
        run(done) { job.perform(on: engine, self.threadScratch) }
    }

    /// Runs `body` on one of the threads, which may wait there; as `read`.
    func run(
        _ done: @escaping @Sendable (Resumption) -> Void,
        _ body: @escaping @Sendable () -> Resumption
    ) {
        let (_, count) = pending.add(1, ordering: .relaxed)
        guard count <= HTTPLimits.diskJobsMax else {
            pending.subtract(1, ordering: .relaxed)
            return done(.refused(StorageError(.overloaded, "too many requests wait for the disk")))
        }
        pool.submit { state in
            self.pending.subtract(1, ordering: .relaxed)
            guard case .active = state else {
                return done(.refused(StorageError(.closed, "the server has stopped")))
            }
            done(body())
        }
    }

    private var threadScratch: ReadScratch {
        if let found = scratch.currentValue { return found.scratch }
        let made = ThreadScratch()
        scratch.currentValue = made
        return made.scratch
    }

    private static func read(
        _ job: ColdJob<ColdRead>, _ engine: Engine, _ scratch: ReadScratch
    ) -> Resumption {
        var found: FetchedEntry?
        let result = job.key.withUnsafeBytes { bytes -> Result<ColdOutcome, StorageError> in
            do throws(StorageError) {
                return .success(
                    try engine.readCold(
                        job.cold, key: engine.key(bytes), scratch: scratch, mayBlock: true
                    ) { found = FetchedEntry($0) })
            } catch {
                return .failure(error)
            }
        }
        switch result {
        case .failure(let error): return .refused(error)
        case .success(.hit):
            guard let found else { preconditionFailure("a hit without an entry") }
            return .found(found)
        case .success(.miss): return .missed
        case .success(.moved), .success(.wouldBlock): return .again
        }
    }
}

/// A thread's buffers for cold reads.
///
/// Safe because only its own thread reaches it, through the variable of that thread.
private final class ThreadScratch: @unchecked Sendable {
    let scratch = ReadScratch()
}
