internal import ArgumentParser

/// Benchmarks of the storage engine, side by side with its peers.
@main
struct Bench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dcs-bench",
        abstract: "Measure DCS and its peers in the same run, on the same machine.",
        subcommands: [EngineCommand.self, ChildCommand.self])
}
