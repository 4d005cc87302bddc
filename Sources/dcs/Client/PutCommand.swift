internal import ArgumentParser
internal import CacheClient
internal import CacheConfig
internal import CacheConsole

/// `dcs put`: writes an entry.
struct PutCommand: ClientCommand {
    /// What a write is waited for.
    enum Wait: String, CaseIterable, ExpressibleByArgument {
        case log, synced, quorum, all
    }

    static let configuration = CommandConfiguration(
        commandName: "put",
        abstract: "Write an entry.",
        discussion: """
            The value is the argument, the file, or with "-" standard input. Prints whether the \
            entry was created or replaced, and its version. Exit code 1 where a condition was not \
            met: nothing was written then.
            """)

    @OptionGroup var connection: ConnectionOptions

    @Argument(help: "The key.")
    var key: String

    @Argument(help: "The value; - reads it from standard input.")
    var value: String?

    @Option(
        help: ArgumentHelp("The value is the content of this file.", valueName: "file"),
        completion: .file())
    var file: String?

    @Option(
        help: ArgumentHelp(
            "How long it lives, in seconds or as in 90s, 5m, 12h, 30d; 0 for ever. Without it, "
                + "the node's default_ttl holds.", valueName: "time"))
    var ttl: String?

    @Option(help: ArgumentHelp("Kept with the value.", valueName: "type"))
    var contentType: String?

    @Flag(help: "Write only where there is no entry.")
    var ifAbsent = false

    @Option(
        help: ArgumentHelp("Write only where the entry has this version.", valueName: "version"))
    var ifMatch: String?

    @Option(help: "Wait until it is in the log, synced, or on a quorum or all of the copies.")
    var wait: Wait?

    func validate() throws {
        if (value == nil) == (file == nil) {
            throw ValidationError("a value, --file or - is needed, and one of them alone")
        }
        if ifAbsent, ifMatch != nil {
            throw ValidationError("--if-absent and --if-match exclude each other")
        }
        if let ifMatch, ifMatch.wholeMatch(of: /[0-9]{1,20}(-[0-9a-f]{8})?/) == nil {
            throw ValidationError("--if-match takes a version as put and get print it")
        }
        if let ttl, Quantity.milliseconds(ttl) == nil {
            throw ValidationError("--ttl takes a time such as 90, 0.5 or 12h, not \"\(ttl)\"")
        }
    }

    func run(on client: NodeClient) async throws {
        let answer = try await client.succeed(try call())
        let done = answer.status == 201 ? "created" : "replaced"
        print("\(done) version \(answer.tag ?? "-")")
    }

    private func call() throws -> Call {
        var call = Call("PUT", key: key.utf8)
        if let ttl, let milliseconds = Quantity.milliseconds(ttl) {
            call.add("ttl", String(Double(milliseconds) / 1000))
        }
        if let contentType { call.fields.append(("Content-Type", contentType)) }
        if ifAbsent { call.fields.append(("If-None-Match", "*")) }
        if let ifMatch { call.fields.append(("If-Match", "\"\(ifMatch)\"")) }
        if let wait { call.fields.append(("DCS-Wait", wait.rawValue)) }
        switch value {
        case let value? where value != "-": call.body = .bytes(Array(value.utf8))
        default: call.body = .stream(try ByteSource.open(file ?? "-"))
        }
        return call
    }
}
