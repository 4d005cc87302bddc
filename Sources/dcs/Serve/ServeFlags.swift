internal import CacheBase
internal import CacheConfig
internal import CacheFiles
internal import Glibc

/// The flags of a command as the strongest layer of the configuration.
struct ServeFlags {
    private let file: String?
    private let flags: [ConfigurationLoader.Flag]

    /// - Throws: `Failure` with the usage code, for a flag that is not of its form.
    init(_ command: ServeCommand) throws(Failure) {
        file = command.config
        var flags: [ConfigurationLoader.Flag] = []
        if let folder = command.dataDir {
            flags.append(.init(name: "--data-dir", key: "data_dir", value: folder))
        }
        if let listen = command.listen {
            flags += try Self.listen(listen)
        }
        if let port = command.metricsPort {
            flags.append(.init(name: "--metrics-port", key: "metrics_port", value: port))
        }
        self.flags = flags + (try Self.settings(command.settings))
    }

    /// The flags of a command that takes a file and `--set` alone.
    init(file: String?, settings: [String]) throws(Failure) {
        self.file = file
        flags = try Self.settings(settings)
    }

    /// Reads every layer.
    /// - Throws: `Failure`, with the usage code where only flags are at fault.
    func load() throws(Failure) -> LayeredConfiguration {
        do {
            return try ConfigurationLoader.loadLayers(
                file: file, environment: ProcessEnvironment.variables(), flags: flags,
                readFile: Self.readFile)
        } catch {
            let message = error.problems.map(\.description).joined(separator: "\ndcs: ")
            throw error.isUsage ? .usage(message) : .refused(message)
        }
    }

    /// Splits `ADDR:PORT`; an IPv6 address stands in brackets.
    private static func listen(_ text: String) throws(Failure) -> [ConfigurationLoader.Flag] {
        let form =
            "--listen takes ADDRESS:PORT, such as 127.0.0.1:50051 or [::1]:50051, not \"\(text)\""
        guard let colon = text.lastIndex(of: ":") else { throw .usage(form) }
        var address = text[..<colon]
        if address.hasPrefix("["), address.hasSuffix("]") {
            address = address.dropFirst().dropLast()
        } else if address.contains(":") {
            throw .usage(form)
        }
        let port = String(text[text.index(after: colon)...])
        guard !address.isEmpty, !port.isEmpty else { throw .usage(form) }
        return [
            .init(name: "--listen", key: "listen", value: String(address)),
            .init(name: "--listen", key: "port", value: port),
        ]
    }

    private static func settings(
        _ texts: [String]
    ) throws(Failure) -> [ConfigurationLoader.Flag] {
        var flags: [ConfigurationLoader.Flag] = []
        for text in texts { flags.append(try setting(text)) }
        return flags
    }

    private static func setting(_ text: String) throws(Failure) -> ConfigurationLoader.Flag {
        guard let equals = text.firstIndex(of: "="), equals != text.startIndex else {
            throw .usage("--set takes key=value, not \"\(text)\"")
        }
        return .init(
            name: "--set", key: String(text[..<equals]),
            value: String(text[text.index(after: equals)...]))
    }

    private static func readFile(_ path: String) throws(UnreadableFile) -> [UInt8] {
        do {
            return try RealFileSystem().contents(of: path, limit: ConfigurationLoader.fileBytesMax)
        } catch {
            // Below a file there is no file either.
            let isMissing = error.kind == .notFound || error.code == ENOTDIR
            throw isMissing ? .missing : .refused(error.message)
        }
    }
}
