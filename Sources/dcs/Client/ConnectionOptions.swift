internal import ArgumentParser
internal import CacheBase
internal import CacheClient
internal import CacheConfig
internal import CacheFiles

/// What every client command takes: which node, and how to be let in.
struct ConnectionOptions: ParsableArguments {
    private static let dataPort = 50_051
    private static let managementPort = 9898
    private static let tokenBytesMax = 64 << 10

    @Option(
        help: ArgumentHelp(
            "The node's address; DCS_URL, else http://127.0.0.1:50051.", valueName: "address"))
    var url: String?

    @Option(
        help: ArgumentHelp(
            "A token, such as `dcs token` makes; DCS_TOKEN, or the content of DCS_TOKEN_FILE.",
            valueName: "token"))
    var token: String?

    @Option(
        help: ArgumentHelp(
            "The CAs to trust in place of the system's, in PEM; DCS_CA.", valueName: "file"),
        completion: .file())
    var ca: String?

    /// The options and variables as one value.
    /// - Parameter managementURL: the management port's address, where a command takes it.
    func settings(managementURL: String? = nil) throws -> NodeClient.Settings {
        let variables = ProcessEnvironment.variables()
        func chosen(_ option: String?, _ variable: ClientVariable) -> String? {
            if let option { return option }
            let value = variables[variable.rawValue] ?? ""
            return value.isEmpty ? nil : value
        }
        let address = try NodeAddress(
            chosen(url, .url) ?? "http://127.0.0.1:\(Self.dataPort)")
        let management = try chosen(managementURL, .managementURL).map { try NodeAddress($0) }
        return NodeClient.Settings(
            address: address, management: management ?? address.at(port: Self.managementPort),
            token: try chosen(token, .token) ?? tokenInFile(chosen(nil, .tokenFile)),
            caPath: chosen(ca, .ca))
    }

    private func tokenInFile(_ path: String?) throws -> String? {
        guard let path else { return nil }
        do {
            let bytes = try RealFileSystem().contents(of: path, limit: Self.tokenBytesMax)
            let text = String(decoding: bytes, as: UTF8.self)
            return String(text.split(whereSeparator: \.isWhitespace).joined(separator: " "))
        } catch {
            throw Failure.refused("DCS_TOKEN_FILE: \(path) cannot be read: \(error.message)")
        }
    }
}
