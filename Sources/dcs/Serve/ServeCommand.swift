internal import ArgumentParser
internal import CacheConfig
internal import Glibc

/// `dcs serve`: runs a node in the foreground.
struct ServeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Run a node in the foreground.",
        discussion: """
            With no argument at all it works: settings come from config.toml in the current \
            folder where there is one, and the store is in ./data.

            A flag wins over the environment (DCS_ and the key in upper case, such as \
            DCS_MAX_MEMORY), the environment over the file, the file over the default. \
            A secret is also read from the file that DCS_JWT_SECRET_FILE names. \
            `dcs settings` prints every key.

            Once ready, the ports are in dcs.ports.json in the data folder. SIGTERM and SIGINT \
            finish open requests and exit with 0; SIGHUP reads the certificate again. A service \
            manager that sets NOTIFY_SOCKET is told how the node is.
            """)

    @Option(
        help: ArgumentHelp("The settings file; config.toml where it exists.", valueName: "file"))
    var config: String?

    @Option(help: ArgumentHelp("The folder of the store (data_dir).", valueName: "folder"))
    var dataDir: String?

    @Option(
        help: ArgumentHelp(
            "Where the data plane listens (listen, port).", valueName: "address:port"))
    var listen: String?

    @Option(
        help: ArgumentHelp("The port of the management plane (metrics_port).", valueName: "port"))
    var metricsPort: String?

    @Option(
        name: .customLong("set"),
        help: ArgumentHelp("Any setting; may be repeated.", valueName: "key=value"))
    var settings: [String] = []

    /// Never returns: the main thread waits for signals, the node runs on the others.
    func run() throws {
        let layers = try ServeFlags(self).load()
        let signals = ProcessSignals()
        Task {
            do {
                try await Service(layers).run(signals)
                Glibc.exit(0)
            } catch {
                Main.finish(with: error)
            }
        }
        signals.deliver()
    }
}
