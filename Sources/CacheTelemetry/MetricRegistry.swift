internal import Synchronization

/// Everything that a node has to say in metrics: parts of it add collectors, a scrape asks each.
///
/// A collector writes families of its own; two that write the same one are a bug and trap. It runs
/// on the thread of the scrape and waits for nothing.
package final class MetricRegistry: Sendable {
    /// Writes the metrics of one part of the node.
    package typealias Collector = @Sendable (inout PrometheusText) -> Void

    private let collectors = Mutex<[Collector]>([])

    package init() {}

    /// Adds a part; scrapes from now on show it, after those added before.
    package func add(_ collector: @escaping Collector) {
        collectors.withLock { $0.append(collector) }
    }

    /// The metrics of this moment.
    package func text() -> [UInt8] {
        var text = PrometheusText()
        for collector in collectors.withLock({ $0 }) { collector(&text) }
        return text.bytes
    }
}
