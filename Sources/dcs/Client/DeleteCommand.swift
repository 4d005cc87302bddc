internal import ArgumentParser
internal import CacheClient

/// `dcs delete`: removes an entry.
struct DeleteCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete",
        abstract: "Remove an entry.",
        discussion: "Exit code 1 where there is none.")

    @OptionGroup var connection: ConnectionOptions

    @Argument(help: "The key.")
    var key: String

    func run(on client: NodeClient) async throws {
        let answer = try await client.answer(to: Call("DELETE", key: key.utf8))
        if answer.status == 404 { throw Failure.noEntry(key) }
        guard answer.isSuccess else { throw try await answer.refusal() }
        print("deleted")
    }
}
