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
    private var durableWaiters: [DataHandler] = []
    /// Empty but while they are told of an advance.
    private var toldWaiters: [DataHandler] = []
    /// The newest version that any of them waits for.
    private var wantedLSN = LSN.zero
    /// `requestSync` stands in the loop's queue.
    private var isSyncPlanned = false
    private var seenWaiters: [DataHandler] = []
    private var eventWaiters: [DataHandler] = []
    private let eventStreams: EventStreams
    private var sweeps: RepeatedTask?

    init(
        engine: Engine, context: LoopContext, eventLoop: any EventLoop, disk: DiskThreads,
        gate: ConnectionGate, eventStreams: EventStreams, encryption: ServerTLS?
    ) {
        self.engine = engine
        self.context = context
        self.eventLoop = eventLoop
        self.disk = disk
        self.gate = gate
        self.eventStreams = eventStreams
        self.encryption = encryption
        signal = DurableSignal(eventLoop: eventLoop) {}
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
        gate.leave()
    }

    /// Calls the handler's `durableAdvanced` at the next advance, or soon where `lsn` is durable
    /// already. The handler is not among the waiters yet.
    func awaitDurable(_ handler: DataHandler, _ lsn: LSN) {
        durableWaiters.append(handler)
        wantedLSN = max(wantedLSN, lsn)
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
        engine.requestSync(wantedLSN)
        // The advance may have come between a handler's look and the wish.
        if signal.hasFailed || engine.durableLSN >= wantedLSN { durableAdvanced() }
    }

    /// Tells those who wait how far the log is durable now.
    func durableAdvanced() {
        // Two arrays in turn: whoever is told may wait again, and neither is ever copied.
        swap(&durableWaiters, &toldWaiters)
        let durable = signal.hasFailed ? nil : engine.durableLSN
        for handler in toldWaiters { handler.durableAdvanced(durable) }
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
        // A handler that closes moves the last one into its place: so from the end.
        for index in stride(from: handlers.count - 1, through: 0, by: -1)
        where index < handlers.count {
            handlers[index].sweep()
        }
    }
}
