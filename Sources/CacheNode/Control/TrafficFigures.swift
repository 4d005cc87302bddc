package import CacheBase

/// What clients have asked of a node so far.
package struct TrafficFigures: Sendable {
    /// Open now.
    package var connections = 0
    package var receivedBytes: UInt64 = 0
    package var sentBytes: UInt64 = 0
    /// Requests answered with an error.
    package var refused: UInt64 = 0
    /// Requests answered, by operation.
    package var requests: [(operation: String, count: UInt64)] = []
    package var requestTimes = LatencySnapshot()

    package init() {}
}
