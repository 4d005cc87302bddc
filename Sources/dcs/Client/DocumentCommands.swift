internal import ArgumentParser
internal import CacheClient
internal import CacheConsole

/// How a document of a node is printed.
enum DocumentFormat: String, CaseIterable, ExpressibleByArgument {
    /// Tables and lines for people.
    case text
    /// As it came.
    case json

    /// Prints a document.
    func show(_ bytes: [UInt8], lines: ([UInt8]) throws -> [String]) throws {
        let output = try ByteSink.open("-")
        switch self {
        case .text: try output.write(try lines(bytes).joined(separator: "\n").utf8)
        case .json: try output.write(bytes)
        }
        try output.write([UInt8(ascii: "\n")])
        try output.finish()
    }
}

/// `dcs stats`: the figures of this moment.
struct StatsCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "stats", abstract: "Show the figures of a node.")

    @OptionGroup var connection: ConnectionOptions

    @Option(help: "text or json (as the node answers).")
    var format: DocumentFormat = .text

    func run(on client: NodeClient) async throws {
        try format.show(try await client.document("/stats")) { try StatsDocument($0).lines }
    }
}

/// `dcs nodes`: the cluster as one node sees it.
struct NodesCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "nodes", abstract: "Show the nodes of the cluster.")

    @OptionGroup var connection: ConnectionOptions

    @Option(help: "text or json (as the node answers).")
    var format: DocumentFormat = .text

    func run(on client: NodeClient) async throws {
        try format.show(try await client.document("/nodes")) { try NodesDocument($0).lines }
    }
}

/// `dcs search`: full-text search.
struct SearchCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "search",
        abstract: "Search the values.",
        discussion: "Prints score, key and a part of the value, best first.")

    @OptionGroup var connection: ConnectionOptions

    @Argument(help: "The query.")
    var query: String

    @Option(help: ArgumentHelp("How many to print.", valueName: "n"))
    var limit: UInt32 = 10

    @Option(help: ArgumentHelp("How many of the best to pass over.", valueName: "n"))
    var offset: UInt32 = 0

    @Flag(help: "Mark in the part of the value what was found.")
    var highlight = false

    @Option(help: "text or json (as the node answers).")
    var format: DocumentFormat = .text

    func run(on client: NodeClient) async throws {
        var call = Call("GET", "/search")
        call.add("q", query)
        call.add("limit", String(limit))
        call.add("offset", String(offset))
        if highlight { call.add("highlight", "true") }
        do {
            let bytes = try await client.succeed(call).bytes()
            try format.show(bytes) { try SearchDocument($0).lines }
        } catch let error as ClientError where error.kind == .answered(404) {
            throw Failure.refused(
                "\(client.address) has no search: search_enabled is false, or its version is older")
        }
    }
}
