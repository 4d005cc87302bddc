internal import NIOCore
internal import Synchronization

/// Carries the log's advances from its sync thread to one event loop, at most one at a time.
///
/// Invariant: after `want`, the first advance calls the loop; further ones do not until wanted
/// again. So a loop on which nobody waits is never woken.
final class DurableSignal: Sendable {
    private let eventLoop: any EventLoop
    private let isWanted = Atomic(false)
    private let failed = Atomic(false)
    private let isStopped = Atomic(false)
    private let onAdvance: @Sendable () -> Void

    /// - Parameter onAdvance: runs on the loop.
    init(eventLoop: any EventLoop, onAdvance: @escaping @Sendable () -> Void) {
        self.eventLoop = eventLoop
        self.onAdvance = onAdvance
    }

    /// The log will not be durable again.
    var hasFailed: Bool { failed.load(ordering: .acquiring) }

    func want() { isWanted.store(true, ordering: .sequentiallyConsistent) }

    /// Runs `body` on the loop, unless nothing is carried any more.
    func execute(_ body: @escaping @Sendable () -> Void) {
        guard !isStopped.load(ordering: .sequentiallyConsistent) else { return }
        eventLoop.execute(body)
    }

    /// Nothing is carried any more; the loop may end.
    func stop() { isStopped.store(true, ordering: .sequentiallyConsistent) }

    /// Called on the log's thread.
    func advanced(isFailure: Bool) {
        if isFailure { failed.store(true, ordering: .releasing) }
        guard isWanted.exchange(false, ordering: .sequentiallyConsistent),
            !isStopped.load(ordering: .sequentiallyConsistent)
        else { return }
        eventLoop.execute(onAdvance)
    }
}
