package import CacheBase
package import CacheEngine
package import CacheTelemetry
internal import Synchronization

/// Answers the control endpoints of one node; every port asks the same.
///
/// Before the store is open, figures are 503 and the probes say how far it has come.
package final class NodeControl: Sendable {
    /// Figures of parts that the engine does not hold.
    package struct Parts: Sendable {
        package var traffic: @Sendable () -> TrafficFigures = { TrafficFigures() }
        /// Nil where search is not served.
        package var search: SearchService?
        /// Nil on a node without a cluster.
        package var router: PartitionRouter?
    }

    package let state: NodeState
    package let registry: MetricRegistry
    private let version: String
    private let clock: Clock
    private let startedAt: UInt64
    private let parts = Mutex(Parts())
    private let nodes: @Sendable (Engine, NodeState) -> NodeList

    /// - Parameters:
    ///   - version: of the program.
    ///   - nodes: the cluster as this node sees it now.
    package init(
        state: NodeState, version: String, clock: Clock,
        nodes: @escaping @Sendable (Engine, NodeState) -> NodeList
    ) {
        self.state = state
        self.version = version
        self.clock = clock
        self.nodes = nodes
        startedAt = clock.monotonicNanoseconds()
        registry = MetricRegistry()
        let process = ProcessMetrics()
        registry.add { collectBuildInfo(version: version, &$0) }
        registry.add { process.collect(&$0) }
        registry.add { [state] text in
            let isReady = state.unreadyReasons.isEmpty
            text.metric(
                "dcs_ready", .gauge, "1 where the node may be given traffic.",
                UInt64(isReady ? 1 : 0))
            guard let engine = state.engine else { return }
            engine.statistics().collect(&text)
        }
    }

    /// Adds figures of a part that has come up.
    package func connect(_ change: (inout Parts) -> Void) { parts.withLock { change(&$0) } }

    /// The figures of this moment; nil until the store is open.
    package func figures() -> NodeFigures? {
        guard let engine = state.engine else { return nil }
        let parts = parts.withLock { $0 }
        return NodeFigures(
            engine: engine.statistics(), traffic: parts.traffic(),
            searchDocuments: parts.search?.documents ?? 0,
            uptimeSeconds: Double(clock.monotonicNanoseconds() - startedAt) / 1e9,
            version: version)
    }

    /// The nodes of the cluster; nil until the store is open.
    package func nodeList() -> NodeList? { state.engine.map { nodes($0, state) } }

    /// Answers an endpoint. Takes every shard's lock in turn, but for the probes.
    package func answer(_ endpoint: ControlEndpoint) -> ControlAnswer {
        switch endpoint {
        case .live, .health: ControlAnswer(body: Array(#"{"status":"ok"}"#.utf8))
        case .ready: readiness()
        case .metrics:
            ControlAnswer(contentType: PrometheusText.contentType, body: registry.text())
        case .stats: figures().map { ControlAnswer(body: $0.json) } ?? readiness()
        case .nodes: nodeList().map { ControlAnswer(body: $0.json) } ?? readiness()
        case .ring: ring()
        }
    }

    /// Where each partition is; of a node without a cluster, there is no such thing.
    private func ring() -> ControlAnswer {
        if let router = parts.withLock({ $0.router }) {
            return ControlAnswer(body: router.table.json)
        }
        var json = JSONWriter()
        json.object { json in
            json.member("type", "urn:dcs:error:no-cluster")
            json.member("title", "No cluster")
            json.member("status", 404)
            json.member("detail", "This node is not in a cluster.")
        }
        return ControlAnswer(
            status: 404, contentType: "application/problem+json", body: json.bytes)
    }

    private func readiness() -> ControlAnswer {
        let reasons = state.unreadyReasons
        var json = JSONWriter()
        if reasons.isEmpty {
            let search = parts.withLock { $0.search }
            json.object { json in
                json.member("status", "ready")
                search?.writeProgress(to: &json)
            }
            return ControlAnswer(body: json.bytes)
        }
        json.object { json in
            json.member("type", "urn:dcs:error:not-ready")
            json.member("title", "Not ready")
            json.member("status", 503)
            json.member("detail", reasons.map(\.detail).joined(separator: " "))
            json.array("reasons") { json in
                for reason in reasons {
                    json.object { json in
                        json.member("reason", reason.kind)
                        json.member("detail", reason.detail)
                    }
                }
            }
        }
        return ControlAnswer(
            status: 503, contentType: "application/problem+json", body: json.bytes,
            retryAfterSeconds: 1)
    }
}
