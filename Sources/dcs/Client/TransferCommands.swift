internal import ArgumentParser
internal import CacheBase
internal import CacheClient
internal import CacheConsole

/// `dcs import`: writes the entries of an export.
struct ImportCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Write the entries of an export.",
        discussion: """
            Reads what `dcs export` and `dcs-inspect export` print: an entry a line, as JSON. \
            Each keeps its content type and what is left of its time to live; one that has ended is \
            passed over. Lines that are refused are named on standard error, and the exit code is \
            then 1; all others are stored.
            """)

    @OptionGroup var connection: ConnectionOptions

    @Argument(help: "The file; - or nothing for standard input.", completion: .file())
    var file = "-"

    func run(on client: NodeClient) async throws {
        let source = try ByteSource.open(file)
        let clock = Clock.system()
        let progress = ProgressBar(total: source.byteCount.map { UInt64($0) }, clock: clock)
        defer { progress.clear() }
        let outcome = try await Importer(client, clock: clock).run(
            source,
            Importer.Listener(
                refused: { refusal in
                    progress.clear()
                    StandardError.write("dcs: line \(refusal.number): \(refusal.reason)\n")
                },
                advanced: progress.advance))
        progress.clear()
        print(
            "\(outcome.stored) stored, \(outcome.expired) expired before, "
                + "\(outcome.refused) refused")
        if outcome.refused > 0 {
            throw Failure.refused("\(outcome.refused) lines were refused")
        }
    }
}

/// `dcs export`: prints entries, one a line.
struct ExportCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Print entries as JSON, one a line.",
        discussion: """
            In the form of `dcs-inspect export`, for `dcs import`. Lists the keys on the \
            management port, for which a token needs the role admin where the node asks for \
            tokens. Not a snapshot: what is written meanwhile may be in it or not. \
            Keys that are not UTF-8 are left out, and the exit code is then 1.
            """)

    @OptionGroup var connection: ConnectionOptions

    @Argument(help: "The file; - or nothing for standard output.", completion: .file())
    var file = "-"

    @Option(help: "Only keys that begin so.")
    var prefix = ""

    @Option(
        name: .customLong("management-url"),
        help: ArgumentHelp(
            "The management port's address; DCS_MANAGEMENT_URL, else port 9898 of the node's host.",
            valueName: "address"))
    var managementURL: String?

    func run(on client: NodeClient) async throws {
        let clock = Clock.system()
        let total = try StatsDocument(try await client.document("/stats")).entries
        let sink = try ByteSink.open(file)
        let progress = ProgressBar(
            total: prefix.isEmpty ? total : nil, unit: .entries, clock: clock,
            isShown: StandardError.isTerminal && (file != "-" || !StandardOutput.isTerminal))
        defer { progress.clear() }
        let outcome = try await Exporter(client, clock: clock).run(prefix: prefix, into: sink) {
            progress.advance(1)
        }
        if outcome.leftOut > 0 {
            progress.clear()
            throw Failure.refused(
                "\(outcome.leftOut) keys that are not UTF-8 were left out; "
                    + "dcs-inspect export prints them")
        }
    }
}
