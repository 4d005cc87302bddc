internal import CacheBase
internal import CacheConfig
internal import CacheEngine
internal import CacheFiles
internal import Dispatch
internal import Glibc
internal import Logging

/// One node's life: opens the store, serves it, and stops in order when a signal says so.
///
/// Invariant: `dcs.ports.json` exists only while the folder's lock is held and the listeners are
/// bound, or after a crash; the next start removes it before it binds anything.
struct Service {
    private let configuration: Configuration
    private let clock: Clock
    private let files: any FileSystem
    private let log: Logger

    init(_ configuration: Configuration) {
        self.configuration = configuration
        let clock = Clock.system()
        self.clock = clock
        files = RealFileSystem()
        let level = Logger.Level(rawValue: configuration.logLevel.rawValue) ?? .info
        log = Logger(label: "dcs") { _ in StandardErrorLog(level: level, clock: clock) }
    }

    /// Serves until a signal arrives and the node has stopped.
    /// - Throws: `Failure`, where the node cannot start.
    func run(until signals: AsyncStream<String>) async throws(Failure) {
        let directory = configuration.dataDirectory
        log.info("starting", metadata: ["version": "\(Version.text)", "data_dir": "\(directory)"])
        let security = try Security(configuration, clock: clock, log: log)
        let engine = try openEngine()
        let portsFile = PortsFile(directory: directory, files: files)
        let plane = try await openListeners(engine, portsFile, security)
        let watch = Task { await security.watchCertificate() }
        defer { watch.cancel() }
        var names = signals.makeAsyncIterator()
        let name = await names.next() ?? ""
        log.info("stopping", metadata: ["signal": "\(name)"])
        watchStop(signals)
        await stop(plane, engine, portsFile)
    }

    private func openEngine() throws(Failure) -> Engine {
        do {
            var options = EngineOptions(configuration)
            let events = EngineLog(log)
            options.observer = { events.write($0) }
            return try Engine.open(options, files: files, clock: clock)
        } catch {
            throw .opening(configuration.dataDirectory, error)
        }
    }

    /// Binds the listeners and announces them. On failure the engine is closed again.
    private func openListeners(
        _ engine: Engine, _ portsFile: PortsFile, _ security: Security
    ) async throws(Failure) -> DataPlane {
        do {
            try portsFile.remove()
            let plane = try await DataPlane.start(
                configuration, engine, security, connectionsMax: possibleConnections())
            let ports = Ports(data: plane.port, management: nil, peer: nil, pid: getpid())
            try portsFile.write(ports)
            announce(ports)
            return plane
        } catch let failure as Failure {
            engine.close()
            throw failure
        } catch {
            engine.close()
            throw .refused("data folder \(configuration.dataDirectory): \(error)")
        }
    }

    /// `max_connections`, or as many as the system gives the process descriptors for.
    private func possibleConnections() -> Int {
        let possible = DescriptorLimit.raise(forConnections: configuration.connectionsMax)
        if possible < configuration.connectionsMax {
            log.warning(
                "fewer connections than max_connections: the limit of open files is too low",
                metadata: ["connections": "\(possible)"])
        }
        return possible
    }

    private func announce(_ ports: Ports) {
        log.info(
            "ready",
            metadata: [
                "address": "\(configuration.listenAddress)", "data": "\(ports.data)",
                "management": "\(ports.management.map { String($0) } ?? "null")",
                "peer": "\(ports.peer.map { String($0) } ?? "null")", "pid": "\(ports.pid)",
            ])
    }

    /// Ends the process the hard way where stopping outlasts the grace, or at a second signal. Every
    /// acknowledged write is in the log by then, as after a crash.
    private func watchStop(_ signals: AsyncStream<String>) {
        let grace = Int(configuration.shutdownGraceMilliseconds)
        let log = log
        DispatchQueue.global().asyncAfter(deadline: .now() + .milliseconds(grace)) {
            log.error("shutdown_grace is over: exiting now")
            _exit(Failure.refusedCode)
        }
        Task {
            var names = signals.makeAsyncIterator()
            guard await names.next() != nil else { return }
            log.error("second signal: exiting now")
            _exit(Failure.refusedCode)
        }
    }

    /// Stops in the order in which nothing is promised that cannot be kept: announcement, requests,
    /// store.
    private func stop(_ plane: DataPlane, _ engine: Engine, _ portsFile: PortsFile) async {
        do {
            try portsFile.remove()
        } catch {
            log.warning("the ports file stays behind", error: error)
        }
        do {
            // A quarter is kept for closing the store.
            let grace = Int(configuration.shutdownGraceMilliseconds)
            try await plane.stop(within: .milliseconds(grace / 4 * 3))
        } catch {
            log.warning("the event loops did not stop", error: error)
        }
        engine.close()
        log.info("stopped")
    }
}
