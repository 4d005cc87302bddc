internal import CacheConfig
internal import CacheEngine
internal import CacheHTTP
internal import CacheSecurity
internal import Glibc
internal import NIOCore
internal import NIOPosix
internal import Synchronization

/// The data plane's listener with its event loops.
struct DataPlane {
    /// The port bound, where the settings say 0 too.
    let port: Int
    private let server: DataServer
    private let group: MultiThreadedEventLoopGroup
    private let isStopping: StopMark

    /// Binds the listener and serves from then on.
    /// - Throws: `Failure` that names the address; nothing is left running then.
    static func start(
        _ configuration: Configuration, _ engine: Engine, _ security: Security,
        connectionsMax: Int
    ) async throws(Failure) -> DataPlane {
        let threads = configuration.threadsGiven ?? System.coreCount
        let group = MultiThreadedEventLoopGroup(numberOfThreads: threads)
        let isStopping = StopMark()
        var settings = DataPlaneSettings(configuration)
        settings.connectionsMax = connectionsMax
        let server = DataServer(
            engine: engine, settings: settings, group: group,
            authenticator: security.authenticator, encryption: security.encryption
        ) {
            if isStopping.isSet { return Readiness(isReady: false, detail: "stopping") }
            return readiness(engine, security)
        }
        do {
            let port = try await server.start(
                address: configuration.listenAddress, port: configuration.dataPort)
            return DataPlane(port: port, server: server, group: group, isStopping: isStopping)
        } catch {
            // The reason to report is the first one.
            try? await group.shutdownGracefully()
            throw .refused(
                "cannot listen on \(configuration.listenAddress) port \(configuration.dataPort) "
                    + "(settings listen, port): \(reason(error))")
        }
    }

    private static func readiness(_ engine: Engine, _ security: Security) -> Readiness {
        guard engine.acceptsWrites else {
            return Readiness(isReady: false, detail: "a sync failed: no writes until a restart")
        }
        guard security.authenticator?.hasKeys != false else {
            return Readiness(isReady: false, detail: "the keys of tokens are not fetched yet")
        }
        return .ready
    }

    /// The system's words where it refused, without those of the library between.
    private static func reason(_ error: any Error) -> String {
        guard let refusal = error as? IOError else { return "\(error)" }
        return String(cString: strerror(refusal.errnoCode)).lowercased()
    }

    private init(
        port: Int, server: DataServer, group: MultiThreadedEventLoopGroup, isStopping: StopMark
    ) {
        self.port = port
        self.server = server
        self.group = group
        self.isStopping = isStopping
    }

    /// Turns readiness to 503, finishes open requests within the time, and ends the event loops.
    func stop(within grace: Duration) async throws {
        isStopping.set()
        await server.drain(within: grace)
        try await group.shutdownGracefully()
    }
}

/// A mark that is set once and read from any thread.
private final class StopMark: Sendable {
    private let mark = Atomic(false)

    var isSet: Bool { mark.load(ordering: .acquiring) }

    func set() { mark.store(true, ordering: .releasing) }
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
