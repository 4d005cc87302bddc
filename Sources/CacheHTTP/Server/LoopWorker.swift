internal import CacheBase
internal import CacheEngine
internal import CacheNode
internal import CacheSecurity
internal import NIOCore

/// One event loop's connections, their timer and their waits. Only that loop touches it.
///
/// Invariants: a handler stands in `handlers` at its `place` from its addition to its channel's
/// end; a handler in `durableWaiters` or `seenWaiters` may have stopped waiting meanwhile.
final class LoopWorker {
    let engine: Engine
    let context: LoopContext
    /// Stands between the handlers and their sockets; nil where nothing does.
    let encryption: ServerTLS?
    /// Given by the worker's handle, which is made right after it.
    var signal: DurableSignal
    private let eventLoop: any EventLoop
    private let disk: DiskThreads
    private let gate: ConnectionGate
    private var handlers: [DataHandler] = []
    private var advanceWaiters: [DataHandler] = []
    /// Empty but while they are told of an advance.
    private var toldWaiters: [DataHandler] = []
    /// The newest versions that any of them waits for.
    private var wanted = ReachedLSN(synced: .zero, copied: .zero)
    /// Up to here those who wait for copies were told to give up.
    private var abandoned = LSN.zero
    /// `requestSync` stands in the loop's queue.
    private var isSyncPlanned = false
    private var seenWaiters: [DataHandler] = []
    private var eventWaiters: [DataHandler] = []
    private let eventStreams: EventStreams
    /// Nil on a node without a cluster.
    private let forwarder: Forwarder?
    private var sweeps: RepeatedTask?
    private var sweepCount = 0

    init(
        engine: Engine, context: LoopContext, eventLoop: any EventLoop, disk: DiskThreads,
        gate: ConnectionGate, eventStreams: EventStreams, encryption: ServerTLS?,
        spread: SpreadTransactions
    ) {
        self.engine = engine
        self.context = context
        self.eventLoop = eventLoop
        self.disk = disk
        self.gate = gate
        self.eventStreams = eventStreams
        self.encryption = encryption
        signal = DurableSignal(eventLoop: eventLoop) {}
        forwarder = context.cluster.map { Forwarder($0, eventLoop, context) }
        context.coordinator = forwarder.map {
            TransactionCoordinator(
                engine: engine, forwarder: $0, context: context, spread: spread)
        }
    }

    func start() {
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        let period = TimeAmount.milliseconds(HTTPLimits.sweepMilliseconds)
        sweeps = eventLoop.scheduleRepeatedTask(initialDelay: period, delay: period) { _ in
            bound.value.sweep()
        }
    }

    func stop() {
        sweeps?.cancel()
        sweeps = nil
        for handler in handlers { handler.abort() }
        forwarder?.stop()
        context.coordinator = nil
    }

    func drain() {
        context.isDraining = true
        for handler in handlers { handler.drain() }
    }

    func add(_ handler: DataHandler) {
        handler.place = handlers.count
        handlers.append(handler)
    }

    func remove(_ handler: DataHandler) {
        precondition(handlers[handler.place] === handler)
        handlers[handler.place] = handlers[handlers.count - 1]
        handlers[handler.place].place = handler.place
        handlers.removeLast()
        handler.place = -1
        if handler.isCounted { gate.leave() }
    }

    /// Calls the handler's `advanced` at the next advance, or soon where `lsn` is reached already.
    /// The handler is not among the waiters yet.
    func awaitAdvance(_ handler: DataHandler, _ lsn: LSN, _ assurance: Assurance) {
        advanceWaiters.append(handler)
        if assurance.contains(.synced) { wanted.synced = max(wanted.synced, lsn) }
        if assurance.contains(.copied) { wanted.copied = max(wanted.copied, lsn) }
        signal.want()
        guard !isSyncPlanned else { return }
        isSyncPlanned = true
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        // Behind everything that is readable now: one sync for all of it, and not one for the
        // first and another for the rest.
        eventLoop.execute { bound.value.requestSync() }
    }

    private func requestSync() {
        isSyncPlanned = false
        engine.requestSync(wanted.synced)
        if wanted.copied > engine.copiedLSN { context.cluster?.copiesWanted() }
        // The advance may have come between a handler's look and the wish.
        let reached = ReachedLSN(engine)
        let isReached = reached.synced >= wanted.synced && reached.copied >= wanted.copied
        if signal.hasFailed || isReached || reached.abandoned > abandoned {
            advanced()
        }
    }

    /// Those who wait are told that what they wait for will not come.
    func abandon() {
        let waiters = advanceWaiters
        advanceWaiters.removeAll()
        for handler in waiters { handler.advanced(nil) }
    }

    /// Tells those who wait how far the store has come.
    func advanced() {
        // Two arrays in turn: whoever is told may wait again, and neither is ever copied.
        swap(&advanceWaiters, &toldWaiters)
        let reached = signal.hasFailed ? nil : ReachedLSN(engine)
        if let reached { abandoned = reached.abandoned }
        for handler in toldWaiters { handler.advanced(reached) }
        toldWaiters.removeAll(keepingCapacity: true)
    }

    /// Calls the handler's `seenAdvanced` in a few milliseconds.
    func awaitSeen(_ handler: DataHandler) {
        seenWaiters.append(handler)
        guard seenWaiters.count == 1 else { return }
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        eventLoop.scheduleTask(in: .milliseconds(HTTPLimits.seenPollMilliseconds)) {
            bound.value.seenAdvanced()
        }
    }

    /// Calls the handler's `keysFetched` when the fetch that is under way has ended.
    /// - Returns: false where too many wait for it.
    func awaitKeys(_ handler: DataHandler) -> Bool {
        guard let tokens = context.tokens else { preconditionFailure("no token was asked for") }
        let bound = NIOLoopBound(handler, eventLoop: eventLoop)
        let signal = signal
        return tokens.authenticator.afterKeyFetch {
            signal.execute { bound.value.keysFetched() }
        }
    }

    /// Reads in a thread of its own and resumes the handler with what was found.
    func read(_ job: ColdJob<ColdRead>, for handler: DataHandler) {
        disk.read(job, from: engine, resuming(handler))
    }

    /// Writes in a thread of its own and resumes the handler with the receipt.
    func write(_ job: WriteJob, for handler: DataHandler) {
        disk.write(job, to: engine, resuming(handler))
    }

    /// Lets the node describe itself in a thread of its own.
    func describe(_ endpoint: ControlEndpoint, for handler: DataHandler) {
        disk.run(resuming(handler)) { [control = context.control] in
            .described(control(endpoint))
        }
    }

    /// Searches in a thread of its own.
    func search(_ request: SearchRequest, for handler: DataHandler) {
        guard let search = context.search else { preconditionFailure("refused before") }
        disk.run(resuming(handler)) { .described(search(request)) }
    }

    /// Sends a request to the node that serves its key, and resumes the handler with its answer.
    func forward(_ job: ForwardJob, for handler: DataHandler) {
        guard let forwarder else { preconditionFailure("there is no other node") }
        forwarder.forward(job) { [unowned self] outcome in
            later(handler) { $0.resume(.forwarded(outcome)) }
        }
    }

    /// Sends the parts of a batch to their nodes, and resumes the handler with all answers.
    func forward(_ jobs: [ForwardJob], for handler: DataHandler) {
        guard let forwarder else { preconditionFailure("there is no other node") }
        let gathered = GatheredOutcomes(jobs.count)
        for (place, job) in jobs.enumerated() {
            forwarder.forward(job) { [unowned self] outcome in
                guard let all = gathered.take(outcome, at: place) else { return }
                later(handler) { $0.resume(.forwardedAll(all)) }
            }
        }
    }

    /// Carries out a call in a transaction's part on another node, and resumes the handler.
    func perform(_ job: PartJob, for handler: DataHandler) {
        coordinator.perform(job) { [unowned self] resumption in
            later(handler) { $0.resume(resumption) }
        }
    }

    /// Commits a transaction that other nodes have parts in, and resumes the handler.
    func commit(_ id: TransactionID, for handler: DataHandler) {
        coordinator.commit(id) { [unowned self] resumption in
            later(handler) { $0.resume(resumption) }
        }
    }

    /// Asks the other nodes what became of a transaction, and resumes the handler.
    func tellOutcome(of id: TransactionID, to handler: DataHandler) {
        coordinator.state(of: id) { [unowned self] state in
            later(handler) { handler in
                handler.resume(state.map { .transaction(.told($0)) } ?? .forwarded(.notSent))
            }
        }
    }

    private var coordinator: TransactionCoordinator {
        guard let coordinator = context.coordinator else {
            preconditionFailure("there is no other node")
        }
        return coordinator
    }

    /// In the next turn of the loop: an answer may come while its request is being sent.
    private func later(_ handler: DataHandler, _ body: @escaping (DataHandler) -> Void) {
        let bound = NIOLoopBound((handler, body), eventLoop: eventLoop)
        eventLoop.execute { bound.value.1(bound.value.0) }
    }

    /// A stream of the engine's events; nil where there are as many as may be.
    func makeEventStream() -> EventStream? {
        eventStreams.takePlace().map { EventStream(engine, $0) }
    }

    /// Makes a stream's next page in a thread of its own and resumes the handler with it.
    func makePage(
        of stream: EventStream, _ subscription: EventSubscription, for handler: DataHandler
    ) {
        disk.run(resuming(handler)) { .events(stream.nextPage(subscription)) }
    }

    /// Calls the handler's `lookForEvents` in a few milliseconds.
    func awaitEvents(_ handler: DataHandler) {
        eventWaiters.append(handler)
        guard eventWaiters.count == 1 else { return }
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        eventLoop.scheduleTask(in: .milliseconds(HTTPLimits.eventPollMilliseconds)) {
            bound.value.lookForEvents()
        }
    }

    private func lookForEvents() {
        let waiters = eventWaiters
        eventWaiters.removeAll(keepingCapacity: true)
        for handler in waiters { handler.lookForEvents() }
    }

    /// Resumes the handler with an error, once what it is about is over.
    func refuse(_ handler: DataHandler, _ error: StorageError) {
        resuming(handler)(.refused(error))
    }

    /// Carries out a call on a transaction in a thread of its own and resumes the handler.
    func carryOut(_ job: TransactionJob, for handler: DataHandler) {
        disk.carryOut(job, on: engine, resuming(handler))
    }

    private func resuming(
        _ handler: DataHandler
    ) -> @Sendable (Connection<Engine>.Resumption) -> Void {
        let bound = NIOLoopBound(handler, eventLoop: eventLoop)
        let eventLoop = eventLoop
        return { resumption in eventLoop.execute { bound.value.resume(resumption) } }
    }

    private func seenAdvanced() {
        let waiters = seenWaiters
        seenWaiters.removeAll(keepingCapacity: true)
        for handler in waiters { handler.seenAdvanced(engine.lastLSN) }
    }

    private func sweep() {
        context.tick()
        forwarder?.sweep()
        sweepCount += 1
        if sweepCount % HTTPLimits.sweepsPerSpreadSweep == 0 { context.coordinator?.sweep() }
        // A handler that closes moves the last one into its place: so from the end.
        for index in stride(from: handlers.count - 1, through: 0, by: -1)
        where index < handlers.count {
            handlers[index].sweep()
        }
    }
}
