internal import ArgumentParser
internal import CacheBase
internal import CacheClient
internal import CacheConfig
internal import CacheConsole

/// `dcs top`: a live view of a node.
struct TopCommand: ClientCommand {
    private static let millisecondsAllowed: ClosedRange<UInt64> = 100...3_600_000

    static let configuration = CommandConfiguration(
        commandName: "top",
        abstract: "Watch a node.",
        discussion: """
            Requests and their times, hit ratio, space, log, compaction, transactions and nodes, \
            drawn anew at each interval; q or ctrl-C leaves. Rates and times are those of the \
            last interval. Where standard output is no terminal it prints one frame and ends.
            """)

    @OptionGroup var connection: ConnectionOptions

    @Option(help: ArgumentHelp("Between two looks, such as 500ms or 5s.", valueName: "time"))
    var interval = "1s"

    @Flag(help: "Print one frame and end.")
    var once = false

    func validate() throws {
        guard milliseconds != nil else {
            throw ValidationError("--interval takes a time from 100ms to 1h, not \"\(interval)\"")
        }
    }

    private var milliseconds: UInt64? {
        Quantity.milliseconds(interval).flatMap { Self.millisecondsAllowed.contains($0) ? $0 : nil }
    }

    func run() throws {
        let isLive = !once && StandardOutput.isTerminal
        guard isLive, let terminal = Terminal() else {
            return try connectAndRun()
        }
        try TopScreen(try connect(), milliseconds: milliseconds ?? 1000).run(on: terminal)
    }

    /// One frame.
    func run(on client: NodeClient) async throws {
        var sampler = TopSampler(client, clock: .system())
        var figures = try await sampler.sample()
        while figures == nil {
            try await Task.sleep(for: .milliseconds(milliseconds ?? 1000))
            figures = try await sampler.sample()
        }
        guard let figures else { return }
        for line in TopFrame(figures).lines(columns: .max) { print(line) }
    }
}
