internal import ArgumentParser
internal import Glibc

/// The program: chooses the command, and maps what went wrong to an exit code.
///
/// 0 all was measured, 1 something could not be, 2 usage.
@main
struct Main {
    private static let usageCode: Int32 = 2

    static func main() {
        do {
            var command = try Bench.parseAsRoot()
            try command.run()
        } catch let code as ExitCode {
            exit(code.rawValue)
        } catch let error as BenchmarkError {
            StandardError.write("dcs-bench: \(error)\n")
            exit(1)
        } catch {
            finish(with: error)
        }
    }

    /// Help goes to standard output and is a success; the parser's complaints are about usage.
    private static func finish(with error: any Error) -> Never {
        let code = Bench.exitCode(for: error)
        if code.isSuccess {
            print(Bench.fullMessage(for: error))
            exit(0)
        }
        StandardError.write(Bench.fullMessage(for: error) + "\n")
        exit(code == .validationFailure ? usageCode : 1)
    }
}

/// Benchmarks of DCS, side by side with its peers.
struct Bench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dcs-bench",
        abstract: "Measure DCS and its peers in the same run, on the same machine.",
        subcommands: [EngineCommand.self, SearchCommand.self, ChildCommand.self])
}
