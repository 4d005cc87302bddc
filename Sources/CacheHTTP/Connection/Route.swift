/// What a path names.
enum Route: Equatable, CaseIterable {
    /// `/cache`: the JSON calls.
    case cache
    /// `/cache/batch`; for other methods than POST the raw entry of that key.
    case batch
    /// `/cache/{key}`, the key encoded.
    case entry
    case transactionStart, transactionCommit, transactionRollback
    /// `/transaction/{id}`: what became of it.
    case transactionState
    case live, ready, health
    case metrics, stats, nodes, ring
    case events
    case search
    /// `/openapi.json`.
    case document
    case unknown

    /// Length of what stands before a raw entry's key.
    static let entryPrefixCount = 7
    /// Length of what stands before a transaction's id.
    static let transactionPrefixCount = 13

    @inline(__always)
    init(_ path: UnsafeRawBufferPointer) {
        if path.count == 6, ASCII.equals(path, "/cache") {
            self = .cache
        } else if path.count >= Self.entryPrefixCount, ASCII.hasPrefix(path, "/cache/") {
            self = ASCII.equals(path, "/cache/batch") ? .batch : .entry
        } else {
            self = Self.control(path)
        }
    }

    private static func control(_ path: UnsafeRawBufferPointer) -> Route {
        if ASCII.hasPrefix(path, "/transaction/") { return transaction(path) }
        if ASCII.equals(path, "/livez") { return .live }
        if ASCII.equals(path, "/readyz") { return .ready }
        if ASCII.equals(path, "/healthz") { return .health }
        if ASCII.equals(path, "/metrics") { return .metrics }
        if ASCII.equals(path, "/stats") { return .stats }
        if ASCII.equals(path, "/nodes") { return .nodes }
        if ASCII.equals(path, "/ring") { return .ring }
        if ASCII.equals(path, "/events") { return .events }
        if ASCII.equals(path, "/search") { return .search }
        return ASCII.equals(path, "/openapi.json") ? .document : .unknown
    }

    private static func transaction(_ path: UnsafeRawBufferPointer) -> Route {
        if path.count == transactionPrefixCount { return .unknown }
        if ASCII.equals(path, "/transaction/start") { return .transactionStart }
        if ASCII.equals(path, "/transaction/commit") { return .transactionCommit }
        return ASCII.equals(path, "/transaction/rollback")
            ? .transactionRollback : .transactionState
    }

    /// Nil where the route knows the method, else its `Allow` line.
    @inline(__always)
    func allow(refusing method: Method) -> StaticString? {
        switch (self, method) {
        case (.cache, .get), (.cache, .head), (.cache, .post), (.cache, .delete): nil
        case (.entry, .get), (.entry, .head), (.entry, .put), (.entry, .delete): nil
        case (.batch, .get), (.batch, .head), (.batch, .put), (.batch, .delete): nil
        case (.batch, .post): nil
        case (.transactionStart, .post), (.transactionCommit, .post): nil
        case (.transactionRollback, .post): nil
        case (.transactionState, .get), (.transactionState, .head): nil
        case (.live, .get), (.ready, .get), (.health, .get), (.document, .get): nil
        case (.live, .head), (.ready, .head), (.health, .head), (.document, .head): nil
        case (.metrics, .get), (.stats, .get), (.nodes, .get), (.ring, .get): nil
        case (.metrics, .head), (.stats, .head), (.nodes, .head), (.ring, .head): nil
        case (.events, .get), (.search, .get), (.search, .head): nil
        case (.cache, _): "Allow: GET, HEAD, POST, DELETE\r\n"
        case (.entry, _): "Allow: GET, HEAD, PUT, DELETE\r\n"
        case (.batch, _): "Allow: GET, HEAD, PUT, DELETE, POST\r\n"
        case (.transactionStart, _), (.transactionCommit, _), (.transactionRollback, _):
            "Allow: POST\r\n"
        case (.transactionState, _): "Allow: GET, HEAD\r\n"
        case (.live, _), (.ready, _), (.health, _), (.metrics, _), (.stats, _), (.nodes, _),
            (.ring, _), (.document, _), (.search, _):
            "Allow: GET, HEAD\r\n"
        case (.events, _): "Allow: GET\r\n"
        case (.unknown, _): nil
        }
    }

    /// It is about a transaction as a whole.
    var isOfTransaction: Bool {
        switch self {
        case .transactionStart, .transactionCommit, .transactionRollback, .transactionState: true
        case .cache, .batch, .entry, .live, .ready, .health, .metrics, .stats, .nodes, .ring,
            .events, .search, .document, .unknown:
            false
        }
    }

    /// The largest body that a call of this route may carry.
    func bodyBytesMax(_ method: Method, _ settings: DataPlaneSettings) -> Int {
        switch (self, method) {
        case (.cache, .post), (.batch, .post): settings.jsonBodyBytesMax
        case (.entry, .put), (.batch, .put): settings.valueBytesMax
        default: HTTPLimits.discardedBodyBytesMax
        }
    }
}
