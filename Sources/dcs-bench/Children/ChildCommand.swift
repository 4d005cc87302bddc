internal import ArgumentParser

/// `dcs-bench child`: what a run needs in a process of its own. Not for people.
struct ChildCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "child", abstract: "Processes that a run starts for itself.",
        shouldDisplay: false, subcommands: [ChildFill.self, ChildOpen.self])
}

/// The store and the entries of a child.
struct StoreArguments: ParsableArguments {
    @Option(help: "The data folder.")
    var folder: String

    @Option(help: "Entries.")
    var keys: Int

    @Option(help: "Bytes of a value.")
    var valueBytes: Int

    var workload: Workload { Workload(keyCount: keys, valueBytes: valueBytes) }
}
