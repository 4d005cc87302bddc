internal import CacheBase
internal import CacheClusterNode
internal import CacheConfig
internal import CacheEngine
internal import CacheFiles
internal import CacheManagement
internal import CacheNode
internal import CacheSecurity
internal import CacheTelemetry
internal import Dispatch
internal import Glibc
internal import Logging
internal import NIOCore

/// One node's life: opens the store, serves it, and stops in order when a signal says so.
///
/// Invariant: `dcs.ports.json` exists only while the folder's lock is held and the listeners are
/// bound, or after a crash; the next start removes it before clients can reach it.
struct Service {
    private let configuration: Configuration
    private let overriddenKeys: [String]
    private let clock: Clock
    private let files: any FileSystem
    private let log: Logger
    private let parts: NodeParts
    private let notifier: ServiceNotifier

    /// What is up once the node is ready.
    private struct Planes {
        let data: DataPlane
        let management: ManagementPlane
    }

    init(_ layers: LayeredConfiguration) {
        configuration = layers.configuration
        overriddenKeys = layers.overriddenKeys
        let clock = Clock.system()
        let threshold = LogThreshold(Logger.Level(configuration.logLevel))
        self.clock = clock
        files = RealFileSystem()
        log = Logger(label: "dcs") { _ in StandardErrorLog(threshold: threshold, clock: clock) }
        notifier = ServiceNotifier(ProcessEnvironment.variables(), log: log)
        parts = NodeParts(layers, clock: clock, files: files, threshold: threshold)
    }

    /// Serves until a signal arrives and the node has stopped.
    /// - Throws: `Failure`, where the node cannot start.
    func run(_ signals: ProcessSignals) async throws(Failure) {
        let directory = configuration.dataDirectory
        log.info("starting", metadata: ["version": "\(Version.text)", "data_dir": "\(directory)"])
        if !overriddenKeys.isEmpty {
            let keys = overriddenKeys.joined(separator: ",")
            log.notice("settings changed at run time are in effect", metadata: ["keys": "\(keys)"])
        }
        try checkSearchLanguage()
        let security = try Security(configuration, clock: clock, log: log)
        security.join(parts.control)
        let portsFile = PortsFile(directory: directory, files: files)
        let node = ManagementServer.Node(
            control: parts.control, settings: parts.settings, access: security.managementAccess,
            encryption: security.encryption?.configuration, search: lateSearch)
        // First of all, so that probes see the recovery.
        let management = try await ManagementPlane.start(configuration, node, log: log)
        let (engine, data) = try await openStore(portsFile, management, security)
        let planes = Planes(data: data, management: management)
        let watches = startWatches(planes, security, signals)
        var names = signals.stops.makeAsyncIterator()
        let name = await names.next() ?? ""
        log.info("stopping", metadata: ["signal": "\(name)"])
        notifier.stopping()
        for watch in watches { watch.cancel() }
        watchStop(signals.stops)
        await stop(planes, engine, portsFile)
    }

    /// Tells the service manager that the node is ready, and what goes on beside serving from then on.
    private func startWatches(
        _ planes: Planes, _ security: Security, _ signals: ProcessSignals
    ) -> [Task<Void, Never>] {
        let status =
            "Serving port \(planes.data.port), management port \(planes.management.port)."
        notifier.ready(status: status)
        let reloading = Reloading(
            security, parts.live.peers, notifier, on: signals.reloads, status: status)
        return [
            Task { await reloading.run() },
            Task { [notifier] in await notifier.keepWatchdog(planes.data.eventLoops) },
        ]
    }

    /// Opens the store and the data plane. On failure nothing is left running.
    private func openStore(
        _ portsFile: PortsFile, _ management: ManagementPlane, _ security: Security
    ) async throws(Failure) -> (Engine, DataPlane) {
        do {
            let engine = try await openEngine()
            return (engine, try await openListener(engine, portsFile, management, security))
        } catch {
            await management.stop()
            throw error
        }
    }

    /// On a thread of its own: recovery blocks, and the probes are to be answered meanwhile.
    private func openEngine() async throws(Failure) -> Engine {
        var options = EngineOptions(configuration)
        let events = EngineLog(log)
        options.observer = { [state = parts.state] event in
            if case .recovering(let progress) = event { state.report(progress) }
            events.write(event)
        }
        let (files, clock) = (files, clock)
        let result = await withCheckedContinuation { continuation in
            BackgroundThread.detach(name: "dcs-open") { [options] in
                continuation.resume(returning: Self.open(options, files, clock))
            }
        }
        do {
            return try result.get()
        } catch {
            throw .opening(configuration.dataDirectory, error)
        }
    }

    private static func open(
        _ options: EngineOptions, _ files: any FileSystem, _ clock: Clock
    ) -> Result<Engine, StorageError> {
        do throws(StorageError) {
            return .success(try Engine.open(options, files: files, clock: clock))
        } catch {
            return .failure(error)
        }
    }

    /// Binds the data plane and announces the ports. On failure the engine is closed again.
    private func openListener(
        _ engine: Engine, _ portsFile: PortsFile, _ management: ManagementPlane,
        _ security: Security
    ) async throws(Failure) -> DataPlane {
        var search: SearchService?
        let group = DataPlane.makeGroup(configuration)
        do {
            try portsFile.remove()
            let cluster = try ClusterParts(
                configuration, engine, files: files, clock: clock, group: group, log: log)
            search = try startSearch(engine)
            if let router = cluster?.node.router {
                search?.setHoldsAll { router.table.partitionsHeld == Limits.partitions }
            }
            let plane = try await DataPlane.start(
                configuration, engine, parts.control, security, search: search?.search,
                cluster: cluster?.seam, connectionsMax: possibleConnections(), on: group)
            let address =
                configuration.advertisedAddress ?? "\(configuration.listenAddress):\(plane.port)"
            let peerPort = try await cluster?.start(plane.server, address: address)
            parts.live.connect(
                engine, plane.server, search, cluster?.node, cluster?.identity, address: address)
            if let cluster { join(cluster) }
            parts.state.serve(engine)
            let ports = Ports(
                data: plane.port, management: management.port, peer: peerPort, pid: getpid())
            try portsFile.write(ports)
            announce(ports)
            return plane
        } catch let failure as Failure {
            search?.stop()
            engine.close()
            // The reason to report is the first one.
            try? await group.shutdownGracefully()
            throw failure
        } catch {
            search?.stop()
            engine.close()
            try? await group.shutdownGracefully()
            throw .refused("data folder \(configuration.dataDirectory): \(error)")
        }
    }

    /// The control endpoints know of the cluster.
    private func join(_ cluster: ClusterParts) {
        parts.control.connect { $0.router = cluster.node.router }
        parts.control.registry.add { cluster.collect(&$0) }
    }

    /// The library may be built with fewer languages than the setting takes.
    private func checkSearchLanguage() throws(Failure) {
        let (language, known) = (configuration.searchLanguage, SearchService.languages)
        guard configuration.searchEnabled, !known.contains(language) else { return }
        throw .refused(
            "search_language: the stemming library of this machine has no \"\(language)\"; it has "
                + known.joined(separator: ", "))
    }

    private func startSearch(_ engine: Engine) throws(StorageError) -> SearchService? {
        guard configuration.searchEnabled else { return nil }
        let search = try SearchService(
            engine, files: files, language: configuration.searchLanguage,
            observer: SearchLog(log).write)
        parts.control.registry.add { search.collect(&$0) }
        parts.control.connect { $0.search = search }
        return search
    }

    /// For the port that is there before the store is open; nil where search is not served.
    private var lateSearch: SearchSource? {
        guard configuration.searchEnabled else { return nil }
        return { [live = parts.live, control = parts.control] request in
            live.search?.search(request) ?? control.answer(.ready)
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

    /// Stops in the order in which nothing is promised that cannot be kept: readiness,
    /// announcement, requests, probes, store.
    private func stop(_ planes: Planes, _ engine: Engine, _ portsFile: PortsFile) async {
        parts.state.drain()
        do {
            try portsFile.remove()
        } catch {
            log.warning("the ports file stays behind", error: error)
        }
        await parts.live.cluster?.stop()
        do {
            // A quarter is kept for closing the store.
            let grace = Int(configuration.shutdownGraceMilliseconds)
            try await planes.data.stop(within: .milliseconds(grace / 4 * 3))
        } catch {
            log.warning("the event loops did not stop", error: error)
        }
        await planes.management.stop()
        parts.live.search?.stop()
        engine.close()
        log.info("stopped")
    }
}
