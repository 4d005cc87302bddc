package import CacheEngine
internal import CacheListening
package import CacheNode
package import CacheSecurity
package import NIOCore
internal import NIOPosix
internal import NIOSSL
internal import Synchronization

/// The data plane: listens on one port and serves the JSON and the raw API over one engine.
///
/// Start it once; `drain` ends it. The event loops belong to the caller and outlive it.
package final class DataServer: Sendable {
    private struct State {
        var listener: (any Channel)?
        var workers: [WorkerHandle] = []
        var counters: [LoopCounters] = []
    }

    private let engine: Engine
    private let settings: DataPlaneSettings
    private let group: any EventLoopGroup
    private let control: ControlSource
    private let search: SearchSource?
    private let cluster: ClusterSeam?
    private let inputBudget: BufferBudget
    private let answerBudget: BufferBudget
    private let authenticator: Authenticator?
    private let encryption: ServerTLS?
    private let gate: ConnectionGate
    private let disk = DiskThreads()
    let eventStreams = EventStreams()
    private let spread = SpreadTransactions()
    private let state = Mutex(State())

    /// - Parameters:
    ///   - authenticator: nil where everybody may do everything.
    ///   - encryption: nil where connections are not encrypted.
    ///   - control: answers the control endpoints; probes on an event loop, where it must not
    ///     block, the others on a thread of their own.
    ///   - search: answers searches, on a thread that may wait; nil where there is no search.
    ///   - cluster: nil for a node by itself.
    package init(
        engine: Engine, settings: DataPlaneSettings, group: any EventLoopGroup,
        authenticator: Authenticator? = nil, encryption: ServerTLS? = nil,
        control: @escaping ControlSource, search: SearchSource? = nil,
        cluster: ClusterSeam? = nil
    ) {
        self.engine = engine
        self.settings = settings
        self.group = group
        self.control = control
        self.search = search
        self.cluster = cluster
        inputBudget = BufferBudget(limit: settings.bufferBytesMax)
        answerBudget = BufferBudget(limit: settings.bufferBytesMax)
        self.authenticator = authenticator
        self.encryption = encryption
        gate = ConnectionGate(limit: settings.connectionsMax)
    }

    /// Connections open now.
    package var connectionCount: Int { gate.count }

    /// Bytes of large requests and answers under way.
    var bufferBytes: Int { inputBudget.usedBytes + answerBudget.usedBytes }

    /// What each event loop counts.
    var counters: [LoopCounters] { state.withLock { $0.counters } }

    /// Binds `address` and `port` (0 for a free one) and serves from then on.
    /// - Returns: the port bound.
    /// - Throws: what the system says of the address. Nothing is left open then.
    package func start(address: String, port: Int) async throws -> Int {
        let context = try encryption.map { try NIOSSLContext(configuration: $0.configuration) }
        disk.start()
        let workers = try await makeWorkers()
        let signals = workers.map(\.signal)
        engine.onDurableAdvance { durable in
            for signal in signals { signal.advanced(isFailure: durable == nil) }
        }
        // Requests of other nodes may come as soon as there are workers.
        state.withLock { $0.workers = workers }
        cluster?.router.listen { table in
            for worker in workers { worker.run { $0.context.routing = table } }
        }
        let channel = try await bootstrap(workers, context).bind(host: address, port: port).get()
        state.withLock { $0.listener = channel }
        return channel.localAddress?.port ?? port
    }

    /// Serves another node's connection of forwarded requests, on a loop of the group.
    package func serveForwarded(_ channel: any Channel) -> EventLoopFuture<Void> {
        let worker = state.withLock { state in
            state.workers.first { $0.eventLoop === channel.eventLoop }
        }
        guard let worker else {
            return channel.eventLoop.makeFailedFuture(ChannelError.ioOnClosedChannel)
        }
        return channel.setOption(.autoRead, value: false).flatMapThrowing {
            try channel.pipeline.syncOperations.addHandler(worker.makeForwardedHandler())
        }
    }

    /// Answers that wait are given up: what they wait for will not come. Their outcome is unknown.
    package func abandonWaiting() {
        for worker in state.withLock({ $0.workers }) { worker.run { $0.abandon() } }
    }

    /// Changes the settings for requests from now on; `connectionsMax` and `bufferBytesMax` stay.
    package func update(_ settings: DataPlaneSettings) {
        for worker in state.withLock({ $0.workers }) {
            worker.run { $0.context.settings = settings }
        }
    }

    /// Stops accepting, lets what is under way finish, and ends every connection; those that are
    /// left at the deadline are cut. The engine stays open.
    package func drain(within deadline: Duration) async {
        let (listener, workers) = state.withLock { ($0.listener, $0.workers) }
        try? await listener?.close().get()
        for worker in workers { worker.run { $0.drain() } }
        let clock = ContinuousClock()
        let end = clock.now + deadline
        while gate.count > 0, clock.now < end {
            try? await Task.sleep(for: .milliseconds(10))
        }
        for worker in workers {
            worker.signal.stop()
            try? await worker.finish { $0.stop() }
        }
        try? await disk.stop()
    }

    private func makeWorkers() async throws -> [WorkerHandle] {
        var workers: [WorkerHandle] = []
        for eventLoop in group.makeIterator() {
            let counters = LoopCounters()
            state.withLock { $0.counters.append(counters) }
            let made = eventLoop.submit {
                [
                    engine, settings, inputBudget, answerBudget, authenticator, encryption,
                    control, search, cluster, disk, gate, eventStreams, spread
                ] in
                let context = LoopContext(
                    settings: settings, clock: engine.clock, inputBudget: inputBudget,
                    answerBudget: answerBudget, authenticator: authenticator,
                    counters: counters, control: control, search: search, cluster: cluster)
                let worker = LoopWorker(
                    engine: engine, context: context, eventLoop: eventLoop, disk: disk,
                    gate: gate, eventStreams: eventStreams, encryption: encryption,
                    spread: spread)
                worker.start()
                return WorkerHandle(worker, eventLoop)
            }
            workers.append(try await made.get())
        }
        return workers
    }

    private func bootstrap(
        _ workers: [WorkerHandle], _ context: NIOSSLContext?
    ) -> ServerBootstrap {
        let workers = Dictionary(
            uniqueKeysWithValues: workers.map { (ObjectIdentifier($0.eventLoop), $0) })
        return ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: HTTPLimits.acceptBacklog)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelOption(.maxMessagesPerRead, value: 64)
            .serverChannelInitializer { listener in
                listener.eventLoop.makeCompletedFuture {
                    try listener.pipeline.syncOperations.addHandler(AcceptPause())
                }
            }
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.autoRead, value: false)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelOption(.recvAllocator, value: ReceiveAllocator())
            .childChannelOption(.maxMessagesPerRead, value: 1)
            .childChannelInitializer { [gate] channel in
                guard let worker = workers[ObjectIdentifier(channel.eventLoop)] else {
                    preconditionFailure("a channel on a loop that is not the group's")
                }
                let admission = gate.enter()
                if admission == .cut { return channel.close() }
                return channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    if let context {
                        try pipeline.addHandler(NIOSSLServerHandler(context: context))
                    }
                    try pipeline.addHandler(worker.makeHandler(isRefused: admission == .refuse))
                }
            }
    }
}
