internal import ArgumentParser
internal import CacheBase
internal import CacheConsole
internal import Glibc

/// The program: chooses the command, and maps what went wrong to an exit code.
///
/// 0 done, 1 not found or damage found, 2 usage.
@main
struct Main {
    static func main() {
        raiseFileLimit()
        do {
            var command = try Inspect.parseAsRoot()
            try command.run()
        } catch {
            finish(with: error)
        }
    }

    /// Ends the process with the message and the code of what went wrong.
    private static func finish(with error: any Error) -> Never {
        if let failure = error as? Failure {
            for line in failure.lines { StandardError.write("dcs-inspect: " + line + "\n") }
            exit(failure.code)
        }
        if let error = error as? StorageError {
            StandardError.write("dcs-inspect: \(error)\n")
            exit(Failure.foundCode)
        }
        if Inspect.exitCode(for: error).isSuccess {
            print(Inspect.fullMessage(for: error))
            exit(0)
        }
        StandardError.write(Inspect.fullMessage(for: error) + "\n")
        exit(Failure.usageCode)
    }

    /// A snapshot holds every segment open; the usual limit is lower than what is allowed.
    private static func raiseFileLimit() {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        limit.rlim_cur = limit.rlim_max
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }
}

/// `dcs-inspect` itself: a name for its commands.
struct Inspect: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dcs-inspect",
        abstract: "Look into a data folder of DCS, verify it and salvage it.",
        discussion: """
            Works with no server running, and beside a running one: it takes no lock and writes
            nothing into the folder. Exit codes: 0 done, 1 not found or damage found, 2 usage.
            """,
        version: "0.1.0",
        subcommands: [
            SegmentsCommand.self, EntriesCommand.self, GetCommand.self, LogCommand.self,
            TransactionsCommand.self, StatsCommand.self, VerifyCommand.self, ExportCommand.self,
            SearchCommand.self, RepairCommand.self, SchemaCommand.self,
        ])
}
