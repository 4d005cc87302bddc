/// What requests are told apart by in metrics. The names are labels and never change.
enum Operation: Int, CaseIterable {
    case get, put, delete, batch, search, transaction, control
    /// Refused before anything was known of it.
    case other

    @inline(__always)
    init(_ route: Route, _ method: Method) {
        switch route {
        case .cache, .entry: self = Self.entry(method)
        case .batch: self = method == .post ? .batch : Self.entry(method)
        case .transactionStart, .transactionCommit, .transactionRollback, .transactionState:
            self = .transaction
        case .search: self = .search
        case .live, .ready, .health, .metrics, .stats, .nodes, .ring, .events,
            .document:
            self = .control
        case .unknown: self = .other
        }
    }

    @inline(__always)
    private static func entry(_ method: Method) -> Operation {
        switch method {
        case .get, .head: .get
        case .put, .post: .put
        case .delete: .delete
        case .options, .other: .other
        }
    }

    var label: String { "\(self)" }
}
