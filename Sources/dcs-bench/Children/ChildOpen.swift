internal import ArgumentParser
internal import CacheEngine
internal import CacheFiles
internal import Glibc

/// Opens a store, says at once that it is ready, checks what it holds, and reports.
struct ChildOpen: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "open")
    /// The line that tells that requests could be answered.
    static let ready = "ready"
    private static let checks = 10_000

    @OptionGroup var store: StoreArguments

    @Flag(help: "The store is new and empty; nothing is checked.")
    var empty = false

    func run() throws {
        let watch = Stopwatch()
        let engine = try Engine.open(
            EngineOptions(directory: store.folder), files: RealFileSystem())
        let milliseconds = watch.seconds * 1000
        ChildReport.sendLine(Self.ready)
        // Reading would make entries resident: the report comes before the checks.
        try engine.settle()
        ChildReport(engine, milliseconds: milliseconds).send()
        if !empty {
            try EngineDriver(engine, store.workload)
                .verify(min(Self.checks, store.keys), seed: 7)
        }
        engine.close()
    }
}
