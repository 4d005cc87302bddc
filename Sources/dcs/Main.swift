internal import ArgumentParser
internal import CacheConsole
internal import Glibc

/// The program: chooses the command, and maps what went wrong to an exit code.
///
/// 0 done, 1 not found or refused, 2 usage.
@main
struct Main {
    static func main() {
        // A reader of our output that goes away must not end the server.
        signal(SIGPIPE, SIG_IGN)
        // A file that may not grow further (RLIMIT_FSIZE) is a full disk, not the end.
        signal(SIGXFSZ, SIG_IGN)
        do {
            var command = try DCS.parseAsRoot()
            try command.run()
        } catch {
            finish(with: error)
        }
    }

    /// Ends the process with the message and the code of what went wrong. Help goes to standard
    /// output and is a success; the parser's complaints are about usage.
    static func finish(with error: any Error) -> Never {
        if let failure = Failure(known: error) {
            StandardError.write("dcs: " + failure.message + "\n")
            exit(failure.code)
        }
        if DCS.exitCode(for: error).isSuccess {
            print(DCS.fullMessage(for: error))
            exit(0)
        }
        StandardError.write(DCS.fullMessage(for: error) + "\n")
        exit(Failure.usageCode)
    }
}

/// `dcs` itself: a name for its commands.
struct DCS: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dcs",
        abstract: "A persistent cache server for one machine's services, and its client.",
        discussion: "Exit codes: 0 done, 1 not found or refused, 2 usage.",
        version: Version.text,
        subcommands: [
            ServeCommand.self, HealthCommand.self, TokenCommand.self, SettingsCommand.self,
        ],
        groupedSubcommands: [
            CommandGroup(
                name: "Client",
                subcommands: [
                    GetCommand.self, PutCommand.self, DeleteCommand.self, SearchCommand.self,
                    StatsCommand.self, NodesCommand.self, TopCommand.self, ImportCommand.self,
                    ExportCommand.self,
                ]),
            CommandGroup(name: "Shell", subcommands: [CompletionsCommand.self]),
        ])
}
