package import CacheBase
package import CacheCluster
internal import Synchronization

/// Runs a node's `Membership` against a store: time, answers and news go in, requests go out.
///
/// Invariants:
/// - Everything that happens is taken in by `run` alone, one event after another; a request's time
///   of sending is the time at which its event was taken in, and so before it is sent.
/// - What `standing` says was so in `membership` when its lock was let go.
/// - When `run` has returned the node may not write.
package final class MembershipRunner: Sendable {
    /// What the threads that serve requests ask.
    package let standing = ClusterStanding()

    // Constant.
    private let settings: MembershipSettings
    private let store: any MembershipStore
    private let clock: Clock
    private let handlers: MembershipHandlers

    private let state: Mutex<State>
    private let events: AsyncStream<Event>
    private let post: AsyncStream<Event>.Continuation

    private struct State {
        var membership: Membership
        var isStarted = false
        /// What is left to ask when the run was stopped: the end of the lease.
        var lastRequests: [NumberedRequest] = []
    }

    private enum Event: Sendable {
        case tick
        case changed
        case received(StoreReply, UInt64)
        case failed(UInt64, any Error)
    }

    /// What handlers are to be told, outside the lock.
    private struct News {
        var map: ClusterMap?
        var fault: MembershipFault?
        var writableUntil: UInt64?
        var isSooner = false

        init(_ before: Membership, _ after: Membership) {
            if after.map?.epoch != before.map?.epoch { map = after.map }
            if after.fault != before.fault { fault = after.fault }
            let (old, new) = (before.mayWriteUntil ?? 0, after.mayWriteUntil ?? 0)
            if new != old { (writableUntil, isSooner) = (new, new < old) }
        }
    }

    /// - Parameter known: the last map that this node kept, if it was in its cluster before.
    /// - Parameter clock: its monotonic time; `standing` is asked by the same.
    package init(
        _ settings: MembershipSettings, known: ClusterMap? = nil, store: any MembershipStore,
        clock: Clock, handlers: MembershipHandlers = MembershipHandlers()
    ) {
        self.settings = settings
        self.store = store
        self.clock = clock
        self.handlers = handlers
        let membership = Membership(settings, known: known)
        standing.publish(membership, isMapNew: true)
        state = Mutex(State(membership: membership))
        // Where the oldest are dropped, they count as requests whose answers were lost.
        (events, post) = AsyncStream.makeStream(
            bufferingPolicy: .bufferingNewest(MembershipLimits.eventsMax))
    }

    /// Takes part in the cluster until `stop`, and gives the lease back then; or until its task is
    /// cancelled, and leaves the lease to its end, as a process that was killed would. Once.
    package func run() async {
        state.withLock { state in
            precondition(!state.isStarted, "a runner runs once")
            state.isStarted = true
        }
        await withDiscardingTaskGroup { group in
            group.addTask { await self.keepTime() }
            group.addTask {
                let post = self.post
                await self.store.watch(prefix: self.settings.keys.prefix) { post.yield(.changed) }
            }
            for await event in events {
                for request in take(event) { group.addTask { await self.perform(request) } }
            }
            group.cancelAll()
        }
        standing.close()
        handlers.writableUntilChanged(0)
        guard !Task.isCancelled else { return }
        for request in state.withLock({ $0.lastRequests }) { await perform(request) }
    }

    /// Ends the writes now, and `run` as soon as the store has been told.
    package func stop() {
        let now = clock.monotonicNanoseconds()
        state.withLock { state in
            state.lastRequests += state.membership.stop(at: now)
            standing.close()
        }
        post.finish()
    }

    /// Wants a change of the map; see `Membership.propose`.
    /// - Returns: false where too many wait, or the map is another.
    package func propose(_ event: ClusterEvent, under epoch: UInt64? = nil) -> Bool {
        state.withLock { $0.membership.propose(event, under: epoch) }
    }
}

// MARK: - What is known

extension MembershipRunner {
    /// The newest map; nil before the first.
    package var map: ClusterMap? { state.withLock { $0.membership.map } }

    /// What is wrong with what the store says; nil where nothing is.
    package var fault: MembershipFault? { state.withLock { $0.membership.fault } }

    /// True where this node is the cluster's controller, as far as it knows.
    package var isController: Bool { state.withLock { $0.membership.isController } }
}

// MARK: - Events

extension MembershipRunner {
    private func take(_ event: Event) -> [NumberedRequest] {
        if case .failed(_, let error) = event { handlers.requestFailed(error) }
        let now = clock.monotonicNanoseconds()
        let (requests, news) = state.withLock { state in
            let before = state.membership
            let requests = Self.handle(event, &state.membership, at: now)
            let news = News(before, state.membership)
            standing.publish(state.membership, isMapNew: news.map != nil)
            return (requests, news)
        }
        tell(news)
        return requests
    }

    private func tell(_ news: News) {
        if news.isSooner, let until = news.writableUntil { handlers.writableUntilChanged(until) }
        if let map = news.map { handlers.mapChanged(map) }
        if !news.isSooner, let until = news.writableUntil { handlers.writableUntilChanged(until) }
        if let fault = news.fault { handlers.faulted(fault) }
    }

    private static func handle(
        _ event: Event, _ membership: inout Membership, at now: UInt64
    ) -> [NumberedRequest] {
        switch event {
        case .tick: membership.tick(at: now)
        case .changed: membership.changed(at: now)
        case .received(let reply, let number): membership.received(reply, to: number, at: now)
        case .failed(let number, _): membership.failed(number, at: now)
        }
    }

    private func keepTime() async {
        while !Task.isCancelled {
            post.yield(.tick)
            // It throws where the task was cancelled, which the loop sees.
            try? await Task.sleep(for: .milliseconds(MembershipLimits.tickMilliseconds))
        }
    }

    private func perform(_ request: NumberedRequest) async {
        do {
            post.yield(.received(try await store.perform(request.request), request.number))
        } catch {
            post.yield(.failed(request.number, error))
        }
    }
}
