import CacheBase
import CacheCluster
import CacheMembership
import Synchronization
import Testing

@Suite("A runner of membership", .timeLimit(.minutes(2)))
struct MembershipRunnerTests {
    private let partition = Partition(rawValue: 7)
    private let clock = Clock.system()

    private func runner(
        _ number: Int = 0, _ store: MemoryStore,
        handlers: MembershipHandlers = MembershipHandlers()
    ) -> MembershipRunner {
        MembershipRunner(
            MembershipSettings(
                member: ClusterSimulation.member(number), keys: StoreKeys(cluster: "test"),
                copies: 2),
            store: store, clock: clock, handlers: handlers)
    }

    /// Looks again and again until the condition holds; the suite's limit ends it.
    private func until(_ isSo: () -> Bool) async throws {
        while !isSo() { try await Task.sleep(for: .milliseconds(10)) }
    }

    private func mayWrite(_ runner: MembershipRunner) -> Bool {
        runner.standing.mayWrite(partition, at: clock.monotonicNanoseconds())
    }

    @Test func theFirstNodeMayWriteAllUntilItIsStopped() async throws {
        let store = MemoryStore(clock)
        let runner = runner(0, store)
        #expect(!mayWrite(runner))
        async let running: Void = runner.run()
        try await until { mayWrite(runner) && runner.isController }
        #expect(runner.standing[partition].role == .primary)
        runner.stop()
        #expect(!mayWrite(runner))
        await running
        #expect(runner.standing.mayWriteUntil == nil)
        // The lease was given back; the map is no node's.
        #expect(store.keys == ["/dcs/test/map"])
    }

    @Test func aRunnerThatIsCancelledMayNotWriteAndKeepsItsLease() async throws {
        let store = MemoryStore(clock)
        let runner = runner(0, store)
        let task = Task { await runner.run() }
        try await until { mayWrite(runner) && runner.isController }
        task.cancel()
        await task.value
        #expect(!mayWrite(runner))
        #expect(store.keys.count == 3)
    }

    @Test func whereTheStoreFailsWritesEndAndTheMapStays() async throws {
        let store = MemoryStore(clock)
        let failures = Mutex(0)
        let runner = runner(
            0, store,
            handlers: MembershipHandlers(requestFailed: { _ in failures.withLock { $0 += 1 } }))
        let task = Task { await runner.run() }
        try await until { mayWrite(runner) }
        store.fail(true)
        try await until { !mayWrite(runner) }
        #expect(runner.map != nil && runner.standing[partition].role == .primary)
        #expect(failures.withLock { $0 } > 0)
        store.fail(false)
        try await until { mayWrite(runner) }
        task.cancel()
        await task.value
    }

    @Test func handlersHearOfEachMapInOrderAndOfTheEnd() async throws {
        let store = MemoryStore(clock)
        let heard = Mutex<[String]>([])
        let handlers = MembershipHandlers(
            mapChanged: { map in heard.withLock { $0.append("map \(map.epoch)") } },
            writableUntilChanged: { until in
                heard.withLock { $0.append(until == 0 ? "none" : "until") }
            })
        let runner = runner(0, store, handlers: handlers)
        async let running: Void = runner.run()
        try await until { mayWrite(runner) }
        let isTaken = runner.propose(.copies(3))
        #expect(isTaken)
        try await until { runner.map?.copies == 3 }
        runner.stop()
        await running
        let order = heard.withLock { $0 }
        // On a busy machine the lease may end meanwhile, which makes maps of its own.
        let epochs = order.compactMap { $0.hasPrefix("map ") ? UInt64($0.dropFirst(4)) : nil }
        let last = try #require(runner.map).epoch
        #expect(last >= 2 && epochs.first == 1 && epochs.last == last)
        #expect(zip(epochs, epochs.dropFirst()).allSatisfy { $0 < $1 })
        #expect(order.last == "none")
    }

    @Test func twoNodesShareThePartitions() async throws {
        let store = MemoryStore(clock)
        let runners = [runner(0, store), runner(1, store)]
        let tasks = runners.map { runner in Task { await runner.run() } }
        try await until {
            for runner in runners { handOver(runner) }
            return runners.allSatisfy { runner in
                runner.map?.members.count == 2 && runner.map?.movesLeft == 0
                    && runner.map?.partitions.allSatisfy { $0.successor == nil } == true
            }
        }
        let led = runners.map { runner in
            (0..<Limits.partitions).count {
                runner.standing[Partition(rawValue: UInt16($0))].role == .primary
            }
        }
        #expect(led == [Limits.partitions / 2, Limits.partitions / 2])
        for task in tasks { task.cancel() }
        for task in tasks { await task.value }
    }

    /// Says what replication would.
    private func handOver(_ runner: MembershipRunner) {
        for (index, state) in (runner.map?.partitions ?? []).enumerated() {
            let partition = Partition(rawValue: UInt16(index))
            guard [.primary, .handingOver].contains(runner.standing[partition].role) else {
                continue
            }
            for learner in state.learners {
                _ = runner.propose(.caughtUp(partition, learner, state.epoch))
            }
            if state.successor != nil { _ = runner.propose(.handedOver(partition, state.epoch)) }
        }
    }
}

/// The simulated store for tasks, with the time of a clock, that can be told to fail.
final class MemoryStore: MembershipStore {
    private let clock: Clock
    private let state = Mutex(State())

    private struct State {
        var store = SimulatedStore()
        var isFailing = false
        var watchers: [@Sendable () -> Void] = []
    }

    private struct Failed: Error {}

    init(_ clock: Clock) { self.clock = clock }

    var keys: [String] { state.withLock { $0.store.entries.keys.sorted() } }

    func fail(_ isFailing: Bool) { state.withLock { $0.isFailing = isFailing } }

    func perform(_ request: StoreRequest) async throws -> StoreReply {
        let now = clock.monotonicNanoseconds()
        let (reply, watchers) = try state.withLock { state in
            guard !state.isFailing else { throw Failed() }
            let before = state.store.revision
            let reply = state.store.handle(request, at: now)
            return (reply, state.store.revision == before ? [] : state.watchers)
        }
        for changed in watchers { changed() }
        return reply
    }

    func watch(prefix: String, _ changed: @escaping @Sendable () -> Void) async {
        state.withLock { $0.watchers.append(changed) }
        changed()
        let (never, _) = AsyncStream.makeStream(of: Void.self)
        for await _ in never {}
    }
}
