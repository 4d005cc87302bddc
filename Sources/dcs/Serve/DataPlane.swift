internal import CacheConfig
internal import CacheEngine
internal import CacheHTTP
internal import CacheNode
internal import CacheSecurity
internal import CacheTelemetry
internal import NIOCore
internal import NIOPosix

/// The data plane's listener with its event loops.
struct DataPlane {
    /// The port bound, where the settings say 0 too.
    let port: Int
    let server: DataServer
    private let group: MultiThreadedEventLoopGroup

    /// The loops that serve requests.
    var eventLoops: [any EventLoop] { Array(group.makeIterator()) }

    /// The loops that serve requests, as many as the settings say.
    static func makeGroup(_ configuration: Configuration) -> MultiThreadedEventLoopGroup {
        MultiThreadedEventLoopGroup(
            numberOfThreads: configuration.threadsGiven ?? System.coreCount)
    }

    /// Binds the listener and serves from then on.
    /// - Throws: `Failure` that names the address; nothing is left running then but the group.
    static func start(
        _ configuration: Configuration, _ engine: Engine, _ control: NodeControl,
        _ security: Security, search: SearchSource?, cluster: ClusterSeam?, connectionsMax: Int,
        on group: MultiThreadedEventLoopGroup
    ) async throws(Failure) -> DataPlane {
        var settings = DataPlaneSettings(configuration)
        settings.connectionsMax = connectionsMax
        let server = DataServer(
            engine: engine, settings: settings, group: group,
            authenticator: security.authenticator, encryption: security.encryption,
            control: control.answer, search: search, cluster: cluster)
        do {
            let port = try await server.start(
                address: configuration.listenAddress, port: configuration.dataPort)
            control.registry.add { server.collectMetrics(&$0) }
            control.connect { $0.traffic = { server.traffic } }
            return DataPlane(port: port, server: server, group: group)
        } catch {
            throw .listening(
                configuration.listenAddress, configuration.dataPort, settings: "listen, port",
                error)
        }
    }

    /// Finishes open requests within the time, and ends the event loops.
    func stop(within grace: Duration) async throws {
        await server.drain(within: grace)
        try await group.shutdownGracefully()
    }
}

extension DataPlaneSettings {
    /// What the settings say of the data plane.
    init(_ configuration: Configuration) {
        self.init()
        defaultTTLMilliseconds = configuration.defaultTTLMilliseconds
        keyBytesMax = configuration.keyBytesMax
        valueBytesMax = configuration.valueBytesMax
        transactionsEnabled = configuration.transactionsEnabled
        // A quarter of the memory for both kinds, and never less than one large value takes,
        // whose buffer is a power of two.
        bufferBytesMax = max(
            Int(configuration.memoryBytesMax / 8),
            2 * (configuration.valueBytesMax + configuration.keyBytesMax))
    }
}
