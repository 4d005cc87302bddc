internal import CacheBase
internal import CacheEngine
internal import CacheNode
internal import NIOPosix
internal import Synchronization

/// The threads that wait for the disk in an event loop's place.
///
/// Invariant: at most `HTTPLimits.diskReadsMax` reads are queued or running.
final class DiskReaders: Sendable {
    private let pool = NIOThreadPool(numberOfThreads: HTTPLimits.diskThreads)
    private let pending = Atomic(0)

    func start() { pool.start() }

    func stop() async throws { try await pool.shutdownGracefully() }

    /// Reads one entry and calls `done` on one of the threads.
    func read(
        _ job: ColdJob<ColdRead>, from engine: Engine,
        _ done: @escaping @Sendable (Connection<Engine>.Resumption) -> Void
    ) {
        let (_, count) = pending.add(1, ordering: .relaxed)
        guard count <= HTTPLimits.diskReadsMax else {
            pending.subtract(1, ordering: .relaxed)
            return done(.refused(StorageError(.overloaded, "too many reads wait for the disk")))
        }
        pool.submit { state in
            self.pending.subtract(1, ordering: .relaxed)
            guard case .active = state else {
                return done(.refused(StorageError(.closed, "the server has stopped")))
            }
            done(Self.read(job, engine))
        }
    }

    private static func read(
        _ job: ColdJob<ColdRead>, _ engine: Engine
    ) -> Connection<Engine>.Resumption {
        var found: FetchedEntry?
        let result = job.key.withUnsafeBytes { bytes -> Result<ColdOutcome, StorageError> in
            do throws(StorageError) {
                return .success(
                    try engine.readCold(
                        job.cold, key: engine.key(bytes), scratch: ReadScratch(), mayBlock: true
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
