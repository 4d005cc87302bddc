internal import CacheBase
internal import Synchronization

/// Threads that share out the checks of segments, largest first.
final class VerifyCrew: Sendable {
    private struct State: Sendable {
        var waiting: [SegmentCheck]
        var done: [SegmentCheck] = []
        var failure: StorageError?
        var bytes: UInt64 = 0
    }

    private let state: Mutex<State>
    private let advance: @Sendable (Int) -> Void

    init(_ jobs: [SegmentCheck], advance: @escaping @Sendable (Int) -> Void) {
        state = Mutex(State(waiting: jobs.sorted { $0.fileBytes < $1.fileBytes }))
        self.advance = advance
    }

    /// Bytes read so far.
    var bytes: UInt64 { state.withLock { $0.bytes } }

    /// Runs all checks; the caller's thread is one of `threads`.
    /// - Throws: `io`, of the first check that failed.
    func run(threads: Int) throws(StorageError) -> [SegmentCheck] {
        Self.onThreads(threads) { [self] _ in work() }
        let (done, failure) = state.withLock { ($0.done, $0.failure) }
        if let failure { throw failure }
        return done
    }

    private func work() {
        while var check = state.withLock({ $0.failure == nil ? $0.waiting.popLast() : nil }) {
            var bytes = 0
            do throws(StorageError) {
                try check.run { count in
                    bytes += count
                    advance(count)
                }
                state.withLock { [check] in
                    $0.done.append(check)
                    $0.bytes += UInt64(bytes)
                }
            } catch {
                state.withLock { $0.failure = error }
            }
        }
    }

    /// Hashes that two live entries have.
    func repeatedHashes(_ all: [LiveHashes], threads: Int) -> Set<UInt64> {
        let found = Mutex<Set<UInt64>>([])
        Self.onThreads(threads) { number in
            for part in stride(from: number, to: LiveHashes.partCount, by: threads) {
                let repeated = LiveHashes.repeated(part, in: all)
                if !repeated.isEmpty { found.withLock { $0.formUnion(repeated) } }
            }
        }
        return found.withLock { $0 }
    }

    private static func onThreads(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) {
        let others = (1..<max(count, 1)).map { number in
            BackgroundThread(name: "dcs-verify") { body(number) }
        }
        body(0)
        others.forEach { $0.join() }
    }
}
