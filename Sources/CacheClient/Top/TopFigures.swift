/// What a frame shows: the state of a node, and what it did between two scrapes.
package struct TopFigures: Equatable, Sendable {
    /// One operation of clients.
    struct Operation: Equatable, Sendable {
        var name: String
        /// Requests in a second.
        var rate: Double
        var times: HistogramGrowth
    }

    let metrics: Metrics
    private let old: Metrics
    private let seconds: Double
    var address: String
    var nodes: NodesDocument
    /// Wall time in seconds since 1970, for the node's age.
    var now: Double

    /// - Parameter seconds: between the scrapes, more than 0.
    package init(
        from old: Metrics, to metrics: Metrics, seconds: Double, nodes: NodesDocument,
        address: String, now: Double
    ) {
        precondition(seconds > 0, "two scrapes are at different times")
        self.old = old
        self.metrics = metrics
        self.seconds = seconds
        self.nodes = nodes
        self.address = address
        self.now = now
    }

    /// How much a counter grew in a second; 0 where it began anew, as after a restart.
    func rate(_ name: String, _ labels: [String: String] = [:]) -> Double {
        max(0, metrics.value(name, labels) - old.value(name, labels)) / seconds
    }

    /// As above, over all labels.
    func sumRate(_ name: String) -> Double { max(0, metrics.sum(name) - old.sum(name)) / seconds }

    func value(_ name: String, _ labels: [String: String] = [:]) -> Double {
        metrics.value(name, labels)
    }

    func times(_ name: String, _ labels: [String: String] = [:]) -> HistogramGrowth {
        HistogramGrowth(name, labels, from: old, to: metrics)
    }

    /// Share of the reads between the scrapes that found their entry; nil where there was none.
    var hitRatio: Double? {
        let (hits, misses) = (rate("dcs_hits_total"), rate("dcs_misses_total"))
        return hits + misses > 0 ? hits / (hits + misses) : nil
    }

    /// Each operation that clients can ask for, in the node's order.
    var operations: [Operation] {
        let name = "dcs_request_duration_seconds"
        return metrics.values(of: "operation", in: name + "_count").map { operation in
            let labels = ["operation": operation]
            return Operation(
                name: operation, rate: rate(name + "_count", labels), times: times(name, labels))
        }
    }

    var version: String { metrics.values(of: "version", in: "dcs_build_info").first ?? "" }

    var uptimeSeconds: UInt64 {
        let age = now - value("process_start_time_seconds")
        return age > 0 && age < 1e12 ? UInt64(age) : 0
    }
}
