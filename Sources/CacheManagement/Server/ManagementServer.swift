internal import CacheListening
package import CacheNode
internal import Hummingbird
internal import HummingbirdCore
internal import HummingbirdTLS
package import Logging
internal import NIOCore
internal import NIOPosix
package import NIOSSL
internal import ServiceLifecycle
internal import Synchronization

/// The management plane: listens on one port for probes, scrapes and people.
///
/// It has an event loop of its own, on which its tasks run too, so that it answers also while those
/// of the data plane are busy or the store is still being opened. Start it once; `stop` ends it.
package final class ManagementServer: Sendable {
    /// What the plane needs of its node.
    package struct Node: Sendable {
        package var control: NodeControl
        package var settings: LiveSettings
        package var access: ManagementAccess
        /// Nil where connections are not encrypted.
        package var encryption: TLSConfiguration?
        /// As the data port's, without its options; nil where search is not served.
        package var search: SearchSource?

        package init(
            control: NodeControl, settings: LiveSettings, access: @escaping ManagementAccess,
            encryption: TLSConfiguration? = nil, search: SearchSource? = nil
        ) {
            self.control = control
            self.settings = settings
            self.access = access
            self.encryption = encryption
            self.search = search
        }
    }

    private struct Running {
        let group: ServiceGroup
        let task: Task<Void, any Error>
    }

    private let node: Node
    private let logger: Logger
    private let eventLoops = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    private let threads = NIOThreadPool(numberOfThreads: ManagementLimits.blockingThreads)
    private let running = Mutex<Running?>(nil)

    package init(_ node: Node, logger: Logger) {
        self.node = node
        self.logger = logger
    }

    /// Binds `address` and `port` (0 for a free one) and serves from then on.
    /// - Returns: the port bound.
    /// - Throws: what the system says of the address. Nothing is left running then.
    package func start(address: String, port: Int) async throws -> Int {
        threads.start()
        let (bound, promise) = AsyncThrowingStream.makeStream(of: Int.self)
        let feed = DashboardFeed(node.control, hasSearch: node.search != nil)
        let application = Application(
            responder: responder(feed), server: try builder(),
            configuration: ApplicationConfiguration(
                address: .hostname(address, port: port), backlog: ManagementLimits.acceptBacklog,
                availableConnectionsDelegate: MaximumAvailableConnections(
                    ManagementLimits.connectionsMax, logger: logger)),
            onServerRunning: { listener in
                // A listener that is closed already has no use for it.
                try? await listener.eventLoop.submit {
                    try listener.pipeline.syncOperations.addHandler(
                        AcceptPause(), position: .first)
                }.get()
                promise.yield(listener.localAddress?.port ?? port)
            },
            eventLoopGroupProvider: .shared(eventLoops), logger: logger)
        var configuration = ServiceGroupConfiguration(
            services: [application, feed], logger: logger)
        configuration.maximumGracefulShutdownDuration = .seconds(ManagementLimits.stopSeconds)
        let group = ServiceGroup(configuration: configuration)
        let task = Task(executorPreference: LoopTaskExecutor(eventLoops.next())) {
            do {
                try await group.run()
                promise.finish()
            } catch {
                promise.finish(throwing: error)
                throw error
            }
        }
        running.withLock { $0 = Running(group: group, task: task) }
        do {
            for try await port in bound { return port }
            throw CancellationError()
        } catch {
            await stop()
            throw error
        }
    }

    /// Ends the dashboards' feeds, lets requests finish, and ends the event loop. Call it once.
    package func stop() async {
        if let running = running.withLock({ $0.take() }) {
            await running.group.triggerGracefulShutdown()
            // What it failed with, its callers were told.
            try? await running.task.value
        }
        try? await threads.shutdownGracefully()
        try? await eventLoops.shutdownGracefully()
    }

    /// The protocol of the connections, encrypted or not.
    private func builder() throws -> HTTPServerBuilder {
        let plain = HTTPServerBuilder.http1(configuration: Self.channel)
        guard let encryption = node.encryption else { return plain }
        return try .tls(plain, tlsConfiguration: encryption)
    }

    private func responder(_ feed: DashboardFeed) -> ManagementResponder {
        ManagementResponder(
            control: node.control, access: node.access,
            configuration: ConfigurationResource(
                control: node.control, settings: node.settings, threads: threads),
            entries: EntryResource(control: node.control, threads: threads),
            search: node.search, threads: threads, feed: feed)
    }

    private static let channel = HTTP1Channel.Configuration(
        idleTimeout: .seconds(ManagementLimits.idleSeconds),
        httpDecoderConfiguration: .init(
            maxHeaderFieldSize: ManagementLimits.headBytesMax,
            maxHeaderListSize: ManagementLimits.headBytesMax,
            maxHeaderFieldCount: ManagementLimits.fieldsMax))
}
