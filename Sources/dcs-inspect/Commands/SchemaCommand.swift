internal import ArgumentParser
internal import CacheConsole

/// `dcs-inspect schema`.
struct SchemaCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schema",
        abstract: "Print the JSON Schema of what --format json and ndjson print.")

    func run() { StandardOutput().write(Schema.text()) }
}
