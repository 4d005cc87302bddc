internal import ArgumentParser
internal import AsyncHTTPClient
internal import CacheConfig
internal import NIOCore
internal import NIOHTTP1
internal import NIOSSL

/// `dcs health`: asks the node of this configuration how it is. For the health checks of containers,
/// whose images hold no other HTTP client.
struct HealthCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "health",
        abstract: "Ask the node on this machine whether it is ready.",
        discussion: """
            Reads listen and metrics_port as `dcs serve` does and asks the management port. Exits \
            with 0 where the answer is yes, and with 1 and the reasons where it is no or there is \
            none within three seconds.
            """)

    @Option(
        help: ArgumentHelp("The settings file; config.toml where it exists.", valueName: "file"))
    var config: String?

    @Option(
        name: .customLong("set"),
        help: ArgumentHelp("Any setting; may be repeated.", valueName: "key=value"))
    var settings: [String] = []

    @Flag(help: "Ask only whether it lives, as it does while it starts and stops.")
    var live = false

    func run() throws {
        let configuration = try ServeFlags(file: config, settings: settings).load().configuration
        guard configuration.managementPort != 0 else {
            throw Failure.usage(
                "metrics_port is 0, a free one; name it with --set metrics_port=…")
        }
        let probe = HealthProbe(configuration)
        print(try probe.ask(live ? "/livez" : "/readyz"))
    }
}

/// One question to a node's management port on this machine.
private struct HealthProbe {
    private static let wait = TimeAmount.seconds(3)
    private static let answerBytesMax = 4096
    private let base: String

    init(_ configuration: Configuration) {
        let scheme = configuration.tlsCertificatePath == nil ? "http" : "https"
        let host = Self.host(configuration.listenAddress)
        base = "\(scheme)://\(host):\(configuration.managementPort)"
    }

    /// - Returns: the answer, where it is yes.
    /// - Throws: `Failure` with what stands against it.
    func ask(_ path: String) throws(Failure) -> String {
        let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: Self.settings)
        defer { try? client.syncShutdown() }
        let answer: HTTPClient.Response
        do {
            answer = try client.get(url: base + path, deadline: .now() + Self.wait).wait()
        } catch {
            throw .refused("no answer from \(base): \(error)")
        }
        let text = answer.body.map { String(buffer: $0).prefix(Self.answerBytesMax) } ?? ""
        guard answer.status == .ok else { throw .refused("\(answer.status.code): \(text)") }
        return String(text)
    }

    /// The certificate is not verified: it is for the node's name, and this asks the machine itself.
    private static var settings: HTTPClient.Configuration {
        var encryption = TLSConfiguration.makeClientConfiguration()
        encryption.certificateVerification = .none
        var settings = HTTPClient.Configuration(
            tlsConfiguration: encryption, timeout: .init(connect: wait, read: wait))
        // Nobody there is an answer.
        settings.connectionPool.retryConnectionEstablishment = false
        return settings
    }

    /// Where a listener of this address is reached from the machine itself.
    private static func host(_ address: String) -> String {
        switch address {
        case "0.0.0.0": "127.0.0.1"
        case "::": "[::1]"
        default: address.contains(":") ? "[\(address)]" : address
        }
    }
}
