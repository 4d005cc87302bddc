/// What a node says of itself, on the data port and on the management port alike.
package enum ControlEndpoint: String, Sendable, CaseIterable {
    case metrics, stats, nodes, ring
    case live = "livez"
    case ready = "readyz"
    case health = "healthz"

    /// A probe's: answered at once, without a lock that work could hold.
    package var isProbe: Bool {
        switch self {
        case .live, .ready, .health: true
        case .metrics, .stats, .nodes, .ring: false
        }
    }
}

/// Answers an endpoint; the same bytes on every port.
package typealias ControlSource = @Sendable (ControlEndpoint) -> ControlAnswer

/// An answer of the node about itself, before a port has made a response of it.
package struct ControlAnswer: Sendable, Equatable {
    package let status: Int
    package let contentType: String
    package let body: [UInt8]
    /// Seconds after which asking again makes sense.
    package let retryAfterSeconds: Int?

    package init(
        status: Int = 200, contentType: String = "application/json", body: [UInt8],
        retryAfterSeconds: Int? = nil
    ) {
        self.status = status
        self.contentType = contentType
        self.body = body
        self.retryAfterSeconds = retryAfterSeconds
    }

    /// Every header field beside those of the transfer, in the order sent.
    package var fields: [(name: String, value: String)] {
        var fields = [("Content-Type", contentType), ("Cache-Control", "no-store")]
        if let retryAfterSeconds { fields.append(("Retry-After", String(retryAfterSeconds))) }
        return fields
    }

    /// `fields` as lines of a head.
    package var fieldLines: String {
        fields.map { "\($0.name): \($0.value)\r\n" }.joined()
    }
}
