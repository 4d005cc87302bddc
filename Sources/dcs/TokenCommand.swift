internal import ArgumentParser
internal import CacheBase
internal import CacheConfig
internal import CacheSecurity

/// `dcs token`: makes a token that this configuration accepts.
struct TokenCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token",
        abstract: "Make a token with the configured secret.",
        discussion: """
            Reads jwt_secret, jwt_issuer, jwt_audience and the roles as `dcs serve` does, and \
            prints a token for the Authorization header. Nobody is asked: whoever knows the secret \
            makes tokens.
            """)

    @Option(
        help: ArgumentHelp("The settings file; config.toml where it exists.", valueName: "file"))
    var config: String?

    @Option(
        name: .customLong("set"),
        help: ArgumentHelp("Any setting; may be repeated.", valueName: "key=value"))
    var settings: [String] = []

    @Option(help: ArgumentHelp("Whom the token is for (sub).", valueName: "name"))
    var subject = "dcs-cli"

    @Option(
        name: [.customLong("role"), .customLong("roles")],
        help: ArgumentHelp(
            "A role; may be repeated. Without one, jwt_default_role holds.", valueName: "name"))
    var roles: [String] = []

    @Option(
        help: ArgumentHelp(
            "How long it is good, in seconds or as in 90s, 5m, 12h, 30d.", valueName: "time"))
    var ttl = "1h"

    func run() throws {
        let configuration = try ServeFlags(file: config, settings: settings).load().configuration
        guard let minter = TokenMinter(configuration) else {
            throw Failure.refused("jwt_secret is not set: there is nothing to sign a token with")
        }
        let names = roles.flatMap { $0.split(separator: ",").map(String.init) }
        let known = RoleDefinition.builtIn + configuration.roles.map(\.name)
        if let unknown = names.first(where: { !known.contains($0) }) {
            throw Failure.refused("no role \"\(unknown)\"; known: \(known.joined(separator: ", "))")
        }
        let range = 1...SecurityLimits.mintedSecondsMax
        guard let seconds = Quantity.seconds(ttl), range.contains(seconds) else {
            throw Failure.usage("--ttl takes a time from 1s to 3650d, not \"\(ttl)\"")
        }
        print(
            minter.mint(
                subject: subject, roles: names, lasting: seconds, at: Clock.system().now()))
    }
}
