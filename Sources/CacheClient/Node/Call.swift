package import CacheConsole

/// One request.
package struct Call: Sendable {
    /// What it carries.
    package enum Body: Sendable {
        case none
        case bytes([UInt8])
        /// Sent as it is read; with its length where that is known, else in chunks.
        case stream(ByteSource)
    }

    /// Which of a node's ports answers.
    package enum Plane: Sendable {
        case data
        case management
    }

    package var method: String
    /// Path and query, percent-encoded.
    package var target: String
    package var plane = Plane.data
    package var fields: [(name: String, value: String)] = []
    package var body = Body.none

    package init(_ method: String, _ target: String) {
        self.method = method
        self.target = target
    }

    /// A call of the raw resource of a key.
    package init(_ method: String, key: some Collection<UInt8>) {
        self.init(method, "/cache/" + PercentEncoding.text(key))
    }

    /// Appends to the query; a nil value leaves it as it is.
    package mutating func add(_ name: String, _ value: String?) {
        guard let value else { return }
        target += (target.contains("?") ? "&" : "?") + name + "=" + PercentEncoding.text(value.utf8)
    }
}
