internal import CacheBase
internal import CacheClusterNode
internal import CacheConfig
internal import CacheEngine
internal import CacheFiles
internal import CacheHTTP
internal import CacheNode
internal import CachePeer
internal import Logging
internal import Synchronization

/// What of a node the planes share, before the store is open and after.
struct NodeParts: Sendable {
    let state: NodeState
    let control: NodeControl
    let settings: LiveSettings
    /// What changed settings act on; given once the parts are up.
    let live: LiveParts

    init(
        _ layers: LayeredConfiguration, clock: Clock, files: any FileSystem,
        threshold: LogThreshold
    ) {
        let configuration = layers.configuration
        let state = NodeState()
        let live = LiveParts()
        self.state = state
        self.live = live
        control = NodeControl(state: state, version: Version.text, clock: clock) { engine, state in
            if let cluster = live.cluster { return NodeList(cluster) }
            return .alone(engine, state, address: live.address)
        }
        let path = configuration.dataDirectory + "/" + LayeredConfiguration.overridesFile
        settings = LiveSettings(
            layers,
            hooks: LiveSettings.Hooks(
                check: { live.objections(to: $0) },
                keep: { text throws(StorageError) in try files.replace(path, with: text) },
                apply: {
                    threshold.level = Logger.Level($0.logLevel)
                    live.apply($0)
                }))
    }
}

/// The parts of a running node that take other settings.
final class LiveParts: Sendable {
    private struct State {
        var engine: Engine?
        var server: DataServer?
        var search: SearchService?
        var cluster: ClusterNode?
        var peers: PeerIdentity?
        var address = ""
    }

    private let state = Mutex(State())

    /// Where clients reach the node.
    var address: String { state.withLock { $0.address } }

    /// The parts are up.
    func connect(
        _ engine: Engine, _ server: DataServer, _ search: SearchService?,
        _ cluster: ClusterNode?, _ peers: PeerIdentity?, address: String
    ) {
        state.withLock {
            $0 = State(
                engine: engine, server: server, search: search, cluster: cluster,
                peers: peers, address: address)
        }
    }

    /// Who the node is to others; nil for one by itself.
    var peers: PeerIdentity? { state.withLock { $0.peers } }

    /// Nil for a node by itself.
    var cluster: ClusterNode? { state.withLock { $0.cluster } }

    /// Answers searches once the store is open.
    var search: SearchService? { state.withLock { $0.search } }

    /// What stands against values that are allowed by themselves.
    func objections(to configuration: Configuration) -> [String] {
        guard let range = state.withLock({ $0.engine })?.memoryBytesRange else { return [] }
        if range.contains(configuration.memoryBytesMax) { return [] }
        return [
            "max_memory changes from \(range.lowerBound) to \(range.upperBound) at run time; "
                + "beyond that it needs a restart."
        ]
    }

    /// Lets the parts work with these settings from now on.
    func apply(_ configuration: Configuration) {
        let (engine, server) = state.withLock { ($0.engine, $0.server) }
        server?.update(DataPlaneSettings(configuration))
        engine?.setMemoryMax(configuration.memoryBytesMax)
        engine?.setDiskMax(configuration.diskBytesMax)
        engine?.setSync(SyncMode(configuration))
        engine?.transactions.setTimeout(
            milliseconds: configuration.transactionTimeoutMilliseconds)
    }
}

extension NodeList {
    /// A node without a cluster lists itself.
    fileprivate static func alone(
        _ engine: Engine, _ state: NodeState, address: String
    ) -> NodeList {
        let reasons = state.unreadyReasons.map(\.kind)
        let word =
            reasons.contains("draining") ? "draining" : reasons.isEmpty ? "ready" : "read-only"
        return NodeList(
            epoch: 1,
            members: [
                Member(
                    id: engine.identifier, address: address, state: word, role: "primary",
                    lagBytes: 0)
            ])
    }
}

extension FileSystem {
    /// Replaces a file by a text in one step.
    fileprivate func replace(_ path: String, with text: String) throws(StorageError) {
        let bytes = Array(text.utf8)
        var failure: StorageError?
        bytes.withUnsafeBytes { raw in
            do throws(StorageError) { try replace(path, with: raw) } catch { failure = error }
        }
        if let failure { throw failure }
    }
}

extension Logger.Level {
    init(_ level: LogLevel) { self = Logger.Level(rawValue: level.rawValue) ?? .info }
}
