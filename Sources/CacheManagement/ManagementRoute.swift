internal import CacheNode
internal import HTTPTypes

/// What a path of the management plane names.
enum ManagementRoute: Equatable {
    case control(ControlEndpoint)
    case configuration
    /// `/entries`: the keys with a prefix.
    case entries
    /// `/entries/{key}`, the key encoded.
    case entry(Substring)
    case search
    case document
    case page(DashboardFile)
    case feed
    case unknown

    private static let entryPrefix = "/entries/"

    init(path: String) {
        let name = path.dropFirst()
        if let endpoint = ControlEndpoint(rawValue: String(name)) {
            self = .control(endpoint)
        } else if let file = DashboardFile(path: path) {
            self = .page(file)
        } else if path.hasPrefix(Self.entryPrefix) {
            self = .entry(path.dropFirst(Self.entryPrefix.count))
        } else {
            switch path {
            case "/config": self = .configuration
            case "/entries": self = .entries
            case "/search": self = .search
            case "/openapi.json": self = .document
            case "/dashboard/events": self = .feed
            default: self = .unknown
            }
        }
    }

    /// The methods known here; empty for no path at all.
    var methods: [HTTPRequest.Method] {
        switch self {
        case .control, .entries, .entry, .search, .document, .page: [.get, .head]
        case .configuration: [.get, .head, .patch]
        case .feed: [.get]
        case .unknown: []
        }
    }

    var right: ManagementRight {
        switch self {
        case .control(let endpoint): endpoint.isProbe ? .open : .reader
        case .feed: .reader
        case .configuration, .entries, .entry, .search: .admin
        case .document, .page, .unknown: .open
        }
    }
}
