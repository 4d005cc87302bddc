internal import ArgumentParser
internal import CacheClient
internal import CacheConsole

/// `dcs get`: the bytes of an entry.
struct GetCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "get",
        abstract: "Print the value of a key.",
        discussion: """
            The bytes as they were written, and nothing else. Exit code 1 where there is no entry.
            """)

    @OptionGroup var connection: ConnectionOptions

    @Argument(help: "The key.")
    var key: String

    @Option(
        help: ArgumentHelp("Write it into this file.", valueName: "file"), completion: .file())
    var output: String?

    @Flag(help: "Print version, type, size and time left in place of the value.")
    var head = false

    func validate() throws {
        if head, output != nil { throw ValidationError("--head has no value for --output") }
    }

    func run(on client: NodeClient) async throws {
        let answer = try await client.answer(to: Call(head ? "HEAD" : "GET", key: key.utf8))
        guard answer.status == 200 else {
            if answer.status == 404 { throw Failure.noEntry(key) }
            // The answer to HEAD says no more than its status.
            if head { _ = try await client.succeed(Call("GET", key: key.utf8)) }
            throw try await answer.refusal()
        }
        // Not opened before there is something to write: a miss leaves the file as it is.
        if head { show(answer) } else { try await answer.pour(into: .open(output ?? "-")) }
    }

    private func show(_ answer: Answer) {
        var table = TextTable([.text(""), .text("")], hasHeader: false)
        let bytes = answer.field("Content-Length").flatMap { UInt64($0) } ?? 0
        table.add(["version", answer.tag ?? "-"])
        table.add(["content type", PrintableText.of(answer.field("Content-Type") ?? "-")])
        table.add(["bytes", String(bytes)])
        table.add(["seconds left", answer.secondsLeft.map { String($0) } ?? "-"])
        for line in table.lines { print(line) }
    }
}

extension Failure {
    static func noEntry(_ key: String) -> Failure {
        .refused("no entry of the key \"\(PrintableText.of(key))\"")
    }
}
