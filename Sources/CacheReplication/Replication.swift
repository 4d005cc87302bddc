package import CacheBase
package import CacheCluster
package import CacheEngine
internal import Synchronization

/// One node's part in the copies of all partitions: what it leads, it ships to whoever is to have it;
/// what others lead, it follows.
///
/// Links belong to the caller, which says when one is there, hands its messages over and takes what
/// is to be sent. A node follows over links that it has made, and is followed over links made to it.
///
/// Invariants: clients' writes of a partition are taken only where the map in force says that this
/// node leads it and hands it to nobody; what is acknowledged with copies is with all nodes that may
/// be promoted.
package final class Replication: @unchecked Sendable {
    // Safe because: everything mutable is in `state`, under its lock; the thread only calls `look`.
    private struct State {
        var map: ClusterMap?
        var sources: [NodeID: ReplicaSource] = [:]
        var sinks: [NodeID: ReplicaSink] = [:]
        var keeper: CopyKeeper
        var isStopped = false
        /// Links that other nodes have made.
        var sessions: UInt32 = 0
        /// Of sinks that have ended.
        var counts = ReplicaSink.Counts()
    }

    private let engine: Engine
    private let book: LineageBook
    private let me: NodeID
    /// How old the copies are that this node has of what others lead.
    package let ages = CopyAges()
    private let leaderships = FollowedLeaderships()
    private let isLeased: @Sendable () -> Bool
    private let propose: @Sendable ([ClusterEvent]) -> Void
    private let report: @Sendable (ReplicationEvent) -> Void
    /// Links have threads of their own.
    private let isThreaded: Bool
    private let state: Mutex<State>
    /// What this node leads, and what it ships: those and what it hands over.
    private let led: Mutex<(leading: [Partition: Epoch], shipping: [Partition: Epoch])>
    private let condition = WaitCondition()
    private let isStopping = Atomic(false)
    private var thread: BackgroundThread?

    /// - Parameters:
    ///   - lagMilliseconds: for so long a replica may lag before it is not waited for.
    ///   - isThreaded: false where the caller calls `step` of sources and sinks, and `look`.
    ///   - isLeased: whether nobody else can lead now what this node leads.
    ///   - propose: wants changes of the map that was taken last; may be called again with the same.
    ///     Under a lock: it calls nothing of this.
    ///   - report: what an operator is to know.
    package init(
        engine: Engine, book: LineageBook, me: NodeID,
        lagMilliseconds: UInt64 = ReplicationLimits.lagMilliseconds, isThreaded: Bool = true,
        isLeased: @escaping @Sendable () -> Bool = { true },
        propose: @escaping @Sendable ([ClusterEvent]) -> Void,
        report: @escaping @Sendable (ReplicationEvent) -> Void
    ) {
        self.engine = engine
        self.book = book
        self.me = me
        self.isLeased = isLeased
        self.propose = propose
        self.report = report
        self.isThreaded = isThreaded
        state = Mutex(State(keeper: CopyKeeper(me, lagMilliseconds: lagMilliseconds)))
        led = Mutex(([:], [:]))
        engine.follow((0..<Limits.partitions).map { Partition(rawValue: UInt16($0)) })
    }

    /// Begins to look at its replicas.
    package func start() {
        thread = BackgroundThread(name: "dcs-copies") { [unowned self] in
            while !isStopping.load(ordering: .relaxed) {
                condition.withLock { condition.wait(milliseconds: Self.lookMilliseconds) }
                look()
            }
        }
    }

    private static let lookMilliseconds = 20

    /// Ends every thread; call it once. The links are ended by the caller.
    package func stop() {
        isStopping.store(true, ordering: .relaxed)
        condition.withLock { condition.wakeAll() }
        thread?.join()
        let (sources, sinks) = state.withLock { state in
            state.isStopped = true
            defer { (state.sources, state.sinks) = ([:], [:]) }
            return (Array(state.sources.values), Array(state.sinks.values))
        }
        for source in sources { source.stop() }
        for sink in sinks { sink.stop() }
    }

    // MARK: The map

    /// A map is in force. To be called with each, in their order, from one thread; waits for the
    /// disk where a leadership begins.
    /// - Returns: partitions that this node is to lead, and cannot.
    @discardableResult
    package func take(_ map: ClusterMap) throws(StorageError) -> Set<Partition> {
        let plan = RolePlan(map, me)
        let before = led.withLock { $0.leading }
        let ending = before.keys.filter { plan.leading[$0] == nil }
        engine.follow(ending)
        led.withLock { led in for partition in ending { led.leading[partition] = nil } }
        let last = engine.lastLSN
        let beginning = plan.leading.filter { before[$0.key] != $0.value }
        let begun = try begin(beginning)
        let (sinks, isInOrder) = state.withLock { state in
            state.map = map
            let now = engine.clock.monotonicNanoseconds()
            // Under the lock: nobody says meanwhile that the copies are there.
            let isInOrder = state.keeper.take(map, last: last, now: now)
            if !isInOrder { engine.abandonWaitingForCopies() }
            return (state.sinks, isInOrder)
        }
        if !isInOrder { report(.leadTaken) }
        // Whoever counts from now on does so before the first write is taken.
        look()
        engine.lead(begun.map { ($0.key, $0.value) })
        led.withLock { led in
            led.leading.merge(begun) { $1 }
            led.shipping = plan.shipping.filter { partition, epoch in
                led.leading[partition] == epoch || plan.leading[partition] == nil
            }
        }
        for (node, sink) in sinks { sink.follow(plan.following[node] ?? [:]) }
        let refused = beginning.filter { begun[$0.key] == nil }
        if !refused.isEmpty { propose(refused.map { .fellBehind($0.key, me, $0.value) }) }
        return Set(plan.leading.keys).subtracting(led.withLock { $0.leading.keys })
    }

    /// Writes down which leaderships begin.
    /// - Returns: those that this node can take.
    private func begin(
        _ partitions: [Partition: Epoch]
    ) throws(StorageError) -> [Partition: Epoch] {
        guard !partitions.isEmpty else { return [:] }
        let standings = engine.standings()
        var begun = partitions.filter { standings[Int($0.key.rawValue)].sequence != nil }
        var refused: [Partition] = []
        try book.change { lineages in
            for (partition, epoch) in begun {
                let number = Int(partition.rawValue)
                guard let sequence = standings[number].sequence else { continue }
                if !lineages[number].begin(epoch, after: sequence) { refused.append(partition) }
            }
        }
        for partition in refused { begun[partition] = nil }
        let missing = partitions.count - begun.count
        if missing > 0 { report(.cannotLead(partitions: missing)) }
        return begun
    }

    /// The nodes that this one follows under the map in force.
    package var primaries: Set<NodeID> {
        state.withLock { state in state.map.map { Set(RolePlan($0, me).following.keys) } ?? [] }
    }

    /// The leadership in which this node takes writes of a partition; nil where it does not.
    package func epoch(leading partition: Partition) -> Epoch? {
        led.withLock { $0.leading[partition] }
    }

    /// What is handed over another may lead already, under a map that has not come here.
    private func vouches(for partitions: Set<Partition>) -> Bool {
        let leadsAll = led.withLock { led in partitions.allSatisfy { led.leading[$0] != nil } }
        // A lease that is valid was so before.
        return leadsAll && isLeased()
    }

    private func epoch(shipping partition: Partition) -> Epoch? {
        led.withLock { $0.shipping[partition] }
    }

    // MARK: Links

    /// Why a link ends when the same node makes another.
    package static let replaced = "another link of the same node has taken its place"

    /// A link that a node has made to this one, to follow it.
    package func accepted(
        _ node: NodeID, send: @escaping @Sendable (ReplicationMessage) -> Void,
        fail: @escaping @Sendable (String) -> Void
    ) -> ReplicaSource {
        let session = state.withLock { state in
            state.sessions += 1
            return state.sessions
        }
        let source = ReplicaSource(
            session: session, engine: engine, book: book,
            leads: { [weak self] in self?.epoch(shipping: $0) },
            vouches: { [weak self] in self?.vouches(for: $0) ?? false },
            send: send, fail: fail, progressed: { [weak self] in self?.advance() })
        if isThreaded { source.start() }
        let (old, isStopped) = state.withLock { state in
            let old = state.sources[node]
            if !state.isStopped { state.sources[node] = source }
            return (old, state.isStopped)
        }
        old?.giveWay()
        if isStopped { source.stop() }
        return source
    }

    /// The link is gone. Waits for a thread: not on an event loop.
    package func ended(_ node: NodeID, _ source: ReplicaSource) {
        let isMine = state.withLock { state in
            guard state.sources[node] === source else { return false }
            state.sources[node] = nil
            return true
        }
        if isMine { source.stop() }
    }

    /// A link that this node has made to one that it follows.
    package func connected(
        _ node: NodeID, send: @escaping @Sendable (ReplicationMessage) -> Void,
        fail: @escaping @Sendable (String) -> Void
    ) -> ReplicaSink {
        let sink = ReplicaSink(
            engine: engine, book: book, ages: ages, leaderships: leaderships, send: send,
            fail: fail,
            mayReplace: { [weak self] in self?.mayReplace($0) ?? false },
            setAside: { [report] in report(.divergent(node, $0)) })
        if isThreaded { sink.start() }
        let (old, map, isStopped) = state.withLock { state in
            let old = state.sinks[node]
            if !state.isStopped { state.sinks[node] = sink }
            return (old, state.map, state.isStopped)
        }
        old?.giveWay()
        if isStopped { sink.stop() }
        if let map { sink.follow(RolePlan(map, me).following[node] ?? [:]) }
        return sink
    }

    /// Whether this node may give up what it has of a partition. Who is in sync may be promoted, and
    /// leaves first.
    private func mayReplace(_ partition: Partition) -> Bool {
        guard let state = state.withLock({ $0.map?[partition] }), state.inSync.contains(me) else {
            return true
        }
        propose([.fellBehind(partition, me, state.epoch)])
        return false
    }

    /// The link is gone. Waits for a thread: not on an event loop.
    package func ended(_ node: NodeID, _ sink: ReplicaSink) {
        let isMine = state.withLock { state in
            guard state.sinks[node] === sink else { return false }
            state.sinks[node] = nil
            state.counts += sink.counts
            return true
        }
        if isMine { sink.stop() }
    }

    // MARK: Copies

    /// Somebody waits for copies of what was just written.
    package func wake() {
        for source in state.withLock({ Array($0.sources.values) }) { source.wake() }
    }

    /// How far each replica has come, by node.
    package var followers: [CopyKeeper.Follower] {
        state.withLock { Self.followers($0) }
    }

    /// What was applied here.
    package var counts: ReplicaSink.Counts {
        state.withLock { state in
            state.sinks.values.reduce(into: state.counts) { $0 += $1.counts }
        }
    }

    private static func followers(_ state: borrowing State) -> [CopyKeeper.Follower] {
        state.sources.sorted { $0.key < $1.key }.map {
            CopyKeeper.Follower(node: $0.key, streams: $0.value.progress)
        }
    }

    private func advance() {
        state.withLock { state in
            let followers = Self.followers(state)
            note(state.keeper.advance(followers))
        }
    }

    /// Looks at the replicas, and proposes what follows; to be called every 20 ms or so.
    package func look() {
        // Read after what counts was last told to the engine.
        let last = engine.lastLSN
        let now = engine.clock.monotonicNanoseconds()
        state.withLock { state in
            let followers = Self.followers(state)
            let decision = state.keeper.look(followers, last: last, now: now)
            note(decision.copied)
            // Under the lock: of the map that the keeper knows, and not of the next.
            if !decision.proposals.isEmpty { propose(decision.proposals) }
        }
    }

    /// Under the lock, so that an older position never follows a newer one.
    private func note(_ copied: LSN?) {
        let copied = copied ?? LSN(rawValue: .max)
        if copied != engine.copiedLSN { engine.noteCopied(copied) }
    }
}

/// What replication tells an operator.
package enum ReplicationEvent: Sendable {
    /// The map says that this node leads partitions of which it has no whole copy, or which have a
    /// newer history here than the map knows.
    case cannotLead(partitions: Int)
    /// Others lead what this node led and did not hand over: writes that waited for copies were
    /// answered as of unknown outcome.
    case leadTaken
    /// This node has records that its primary has not: they are given up.
    case divergent(NodeID, ReplicaPosition)
}
