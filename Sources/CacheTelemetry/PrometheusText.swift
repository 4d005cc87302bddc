package import CacheBase

/// What kind of a number a metric is.
package enum MetricType: String, Sendable {
    case counter, gauge, histogram
}

/// One sample's label; the value comes from a fixed set, never from a client.
package typealias MetricLabel = (name: StaticString, value: String)

/// Metrics in Prometheus's text format, version 0.0.4, built family by family.
///
/// Invariants: every sample stands under the head of its family, and each family once.
/// Names end in their unit (`_seconds`, `_bytes`), counters in `_total`.
package struct PrometheusText: ~Copyable {
    /// The format's own name, for `Content-Type`.
    package static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    package private(set) var bytes: [UInt8] = []
    private var families: Set<String> = []

    package init() { bytes.reserveCapacity(16 << 10) }

    /// A family with one sample and no labels.
    package mutating func metric(
        _ name: StaticString, _ type: MetricType, _ help: StaticString, _ value: UInt64
    ) {
        begin(name, type, help)
        sample(name, [], value)
    }

    /// As above, for fractions.
    package mutating func metric(
        _ name: StaticString, _ type: MetricType, _ help: StaticString, _ value: Double
    ) {
        begin(name, type, help)
        sample(name, [], value)
    }

    /// Opens a family; its samples follow.
    package mutating func begin(
        _ name: StaticString, _ type: MetricType, _ help: StaticString
    ) {
        let isNew = families.insert(name.description).inserted
        precondition(isNew, "\(name) is opened twice")
        append("# HELP ")
        append(name)
        append(" ")
        append(help)
        append("\n# TYPE ")
        append(name)
        append(" ")
        append(type.rawValue)
        append("\n")
    }

    /// A sample of the open family.
    package mutating func sample(_ name: StaticString, _ labels: [MetricLabel], _ value: UInt64) {
        append(name)
        append(labels)
        append(String(value))
        append("\n")
    }

    /// As above, for fractions.
    package mutating func sample(_ name: StaticString, _ labels: [MetricLabel], _ value: Double) {
        append(name)
        append(labels)
        append(Self.number(value))
        append("\n")
    }

    /// The samples of one histogram of the open family; buckets add up as the format demands.
    package mutating func histogram(
        _ name: StaticString, _ labels: [MetricLabel], _ snapshot: LatencySnapshot
    ) {
        var sum: UInt64 = 0
        for (index, events) in snapshot.buckets.enumerated() {
            sum &+= events
            append(name)
            append("_bucket")
            append(labels + [("le", Self.bounds[index])])
            append(String(sum))
            append("\n")
        }
        append(name)
        append("_sum")
        append(labels)
        append(Self.number(Double(snapshot.sumNanoseconds) / 1e9))
        append("\n")
        append(name)
        append("_count")
        append(labels)
        append(String(sum))
        append("\n")
    }

    private static let bounds =
        LatencyBuckets.bounds.map { number(Double($0) / 1e9) } + ["+Inf"]

    private static func number(_ value: Double) -> String {
        if value == .infinity { return "+Inf" }
        if value.rounded() == value, abs(value) < 1e15 { return String(Int64(value)) }
        return value.isNaN ? "NaN" : "\(value)"
    }

    private mutating func append(_ labels: [MetricLabel]) {
        for (index, label) in labels.enumerated() {
            append(index == 0 ? "{" : ",")
            append(label.name)
            append("=\"")
            for byte in label.value.utf8 {
                switch byte {
                case UInt8(ascii: "\n"): append("\\n")
                case UInt8(ascii: "\""): append("\\\"")
                case UInt8(ascii: "\\"): append("\\\\")
                default: bytes.append(byte)
                }
            }
            append("\"")
        }
        append(labels.isEmpty ? " " : "} ")
    }

    private mutating func append(_ text: String) { bytes.append(contentsOf: text.utf8) }

    private mutating func append(_ text: StaticString) {
        text.withUTF8Buffer { bytes.append(contentsOf: $0) }
    }
}
