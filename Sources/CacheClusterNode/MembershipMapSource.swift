package import CacheBase
package import CacheCluster
package import CacheMembership
internal import Dispatch
internal import Synchronization

/// The map that a cluster agrees on through a store with etcd's contract, under a lease.
///
/// Invariant: a later end of the lease is told only once the map that was seen with it has been acted
/// on; an earlier one at once.
package final class MembershipMapSource: MapSource {
    private struct State {
        var runner: MembershipRunner?
        /// Until when this node may write, as last heard.
        var latest: UInt64 = 0
        /// Of the map that was acted on last.
        var epoch: UInt64 = 0
    }

    private let settings: MembershipSettings
    private let store: any MembershipStore
    private let clock: Clock
    private let report: @Sendable (MembershipReport) -> Void
    private let state = Mutex(State())
    private let queue = DispatchQueue(label: "dcs-map")
    private let hasEnded = DispatchSemaphore(value: 0)

    /// Longer than the store takes to be told of the end of the lease.
    private static let endMilliseconds = 3_000

    package init(
        _ settings: MembershipSettings, store: any MembershipStore, clock: Clock,
        report: @escaping @Sendable (MembershipReport) -> Void
    ) {
        self.settings = settings
        self.store = store
        self.clock = clock
        self.report = report
    }

    package func start(
        _ listener: @escaping @Sendable (ClusterMap) -> Void,
        lease: @escaping @Sendable (UInt64) -> Void
    ) {
        let handlers = MembershipHandlers(
            mapChanged: { [weak self] map in self?.take(map, listener) },
            writableUntilChanged: { [weak self] in self?.take($0, lease) },
            requestFailed: { [report] in report(.requestFailed("\($0)")) },
            faulted: { [report] in report(.faulted("\($0)")) })
        let runner = MembershipRunner(settings, store: store, clock: clock, handlers: handlers)
        state.withLock { $0.runner = runner }
        Task { [hasEnded] in
            await runner.run()
            hasEnded.signal()
        }
    }

    private func take(_ map: ClusterMap, _ listener: @escaping @Sendable (ClusterMap) -> Void) {
        queue.async { [weak self] in
            listener(map)
            self?.state.withLock { $0.epoch = map.epoch }
        }
    }

    private func take(_ until: UInt64, _ lease: @escaping @Sendable (UInt64) -> Void) {
        let isSooner = state.withLock { state in
            defer { state.latest = until }
            return until < state.latest
        }
        if isSooner { return lease(until) }
        // Behind the map that came with it; and no later than what was heard meanwhile.
        queue.async { [weak self] in
            guard let self else { return }
            lease(min(until, state.withLock { $0.latest }))
        }
    }

    package func propose(_ events: [ClusterEvent]) {
        let (runner, epoch) = state.withLock { ($0.runner, $0.epoch) }
        // What finds no room, or another map, is proposed again with the next look.
        for event in events { _ = runner?.propose(event, under: epoch) }
    }

    package func stop() {
        guard let runner = state.withLock({ $0.runner }) else { return }
        runner.stop()
        _ = hasEnded.wait(timeout: .now() + .milliseconds(Self.endMilliseconds))
        queue.sync {}
    }
}

/// What the membership tells an operator.
package enum MembershipReport: Sendable {
    /// The store was not reached; it is tried again.
    case requestFailed(String)
    /// The store contradicts itself: this node writes no more until it is restarted.
    case faulted(String)
}
