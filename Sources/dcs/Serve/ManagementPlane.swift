internal import CacheConfig
internal import CacheManagement
internal import CacheNode
internal import Logging

/// The management plane's listener.
struct ManagementPlane {
    /// The port bound, where the settings say 0 too.
    let port: Int
    private let server: ManagementServer

    /// Binds the listener and answers from then on; probes also before the store is open.
    /// - Throws: `Failure` that names the address; nothing is left running then.
    static func start(
        _ configuration: Configuration, _ node: ManagementServer.Node, log: Logger
    ) async throws(Failure) -> ManagementPlane {
        var log = log
        // What it says of its own start and stop, this program says in lines of its own.
        log.logLevel = .warning
        let server = ManagementServer(node, logger: log)
        do {
            let port = try await server.start(
                address: configuration.listenAddress, port: configuration.managementPort)
            return ManagementPlane(port: port, server: server)
        } catch {
            throw .listening(
                configuration.listenAddress, configuration.managementPort,
                settings: "listen, metrics_port", error)
        }
    }

    /// Ends the dashboards' feeds and the listener.
    func stop() async { await server.stop() }
}
