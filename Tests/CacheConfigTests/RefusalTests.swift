import CacheConfig
import Testing

/// What each wrong file is told, to the letter.
struct RefusalTests {
    private static let memory = "bytes from 64MiB to 1024TiB, as an integer or as in \"512MiB\""

    @Test(arguments: [
        ("max_memory = true", "config.toml:1: max_memory: true is not allowed; allowed: \(memory)"),
        ("\nmax_memory = 5", "config.toml:2: max_memory: 5 is not allowed; allowed: \(memory)"),
        ("max_memory = -1", "config.toml:1: max_memory: -1 is not allowed; allowed: \(memory)"),
        ("max_memory = 1.5", "config.toml:1: max_memory: 1.5 is not allowed; allowed: \(memory)"),
        (
            "max_memory = \"512\"",
            "config.toml:1: max_memory: \"512\" is not allowed; allowed: \(memory)"
        ),
        (
            "max_memory = \"9999999999TiB\"",
            "config.toml:1: max_memory: \"9999999999TiB\" is not allowed; allowed: \(memory)"
        ),
        (
            "# a comment\n[cache]\nmax_memory = [1]",
            "config.toml:3: cache.max_memory: an array is not allowed; allowed: \(memory)"
        ),
        (
            "port = \"80\"",
            "config.toml:1: port: \"80\" is not allowed; allowed: an integer from 0 to 65535"
        ),
        (
            "wal_sync = \"sometimes\"",
            "config.toml:1: wal_sync: \"sometimes\" is not allowed; "
                + "allowed: \"always\", \"interval\", \"never\""
        ),
        (
            "search_enabled = \"yes\"",
            "config.toml:1: search_enabled: \"yes\" is not allowed; allowed: true or false"
        ),
        (
            "default_ttl = nan",
            "config.toml:1: default_ttl: nan is not allowed; "
                + "allowed: seconds from 0 to 315360000, as a number or as in \"5m\""
        ),
        (
            "listen = \"example.org\"",
            "config.toml:1: listen: \"example.org\" is not allowed; "
                + "allowed: an IP address, or \"localhost\""
        ),
        (
            "data_dir = \"/path/to/data\"",
            "config.toml:1: data_dir: \"/path/to/data\" is a placeholder; "
                + "give the path of a file that exists, or remove the line"
        ),
        (
            "max_memory = 1073741824\n[cache]\nmax_memory = 1073741824",
            "config.toml:3: cache.max_memory: given twice; the other is max_memory (config.toml:1)"
        ),
        (
            "[caches]\nmax_memory = 1073741824",
            "config.toml:1: caches: unknown section; allowed: "
                + "\(Section.names.joined(separator: ", ")), roles.NAME"
        ),
        (
            "port = 1\nport = 2",
            "config.toml:2: not valid TOML: port is defined twice"
        ),
        ("port = # 80", "config.toml:1: not valid TOML: a value is missing"),
        ("port = 1\0", "config.toml:1: not valid TOML: not a value; a text stands in quotes"),
        (
            "peer_port = 50051",
            "settings: peer_port: 50051 is also port; each needs a port of its own"
        ),
        (
            "jwt_default_role = \"owner\"",
            "settings: jwt_default_role: no role \"owner\"; allowed: none, reader, writer, admin"
        ),
    ])
    func aWrongFileIsRefused(file: String, message: String) {
        #expect(Loading(file: file).refusals.first == message)
    }

    @Test func anUnknownKeyIsToldEveryKeyThatThereIs() {
        let keys = Setting.all.map(\.key).sorted().joined(separator: ", ")
        #expect(
            Loading(file: "[cache]\nmax_memori = 1").refusals == [
                "config.toml:2: cache.max_memori: unknown key; allowed: \(keys)"
            ])
        #expect(
            Loading(environment: ["DCS_MAX_MEMORI": "1"]).refusals == [
                "environment variable DCS_MAX_MEMORI: max_memori: unknown key; allowed: \(keys)"
            ])
    }

    @Test func everyProblemIsReportedAtOnceFromTopToBottom() {
        let loading = Loading(
            file: "threads = 0\n[metrics]\nmetrics_port = -1\n", environment: ["DCS_INSECURE": "1"])
        #expect(
            loading.refusals == [
                "config.toml:1: threads: 0 is not allowed; allowed: an integer from 1 to 1024",
                "config.toml:3: metrics.metrics_port: -1 is not allowed; "
                    + "allowed: an integer from 0 to 65535",
                "environment variable DCS_INSECURE: insecure: \"1\" is not allowed; "
                    + "allowed: true or false",
            ])
    }

    @Test func whatIsNotUTF8IsRefused() {
        #expect(throws: ConfigurationError.self) {
            try ConfigurationLoader.load(file: nil, environment: [:], flags: []) {
                _ throws(UnreadableFile) in [0xFF, 0xFE]
            }
        }
    }

    @Test(arguments: ["0.0.0.0", "::", "192.0.2.1", "::ffff:192.0.2.1"])
    func anAddressThatOthersReachNeedsAuthenticationOrTheInsecureSetting(address: String) {
        let refused = Loading(file: "listen = \"\(address)\"").refusals
        #expect(
            refused == [
                "settings: listen: \(address) is reachable from other machines and there is no "
                    + "authentication; set jwt_secret or jwks_url, or insecure = true where everyone "
                    + "who reaches it may read and write everything"
            ])
        #expect(Loading(file: "listen = \"\(address)\"\ninsecure = true").refusals.isEmpty)
    }

    @Test(arguments: ["127.0.0.1", "127.8.8.8", "::1", "localhost", "::ffff:127.0.0.1"])
    func aLoopbackAddressNeedsNothing(address: String) {
        #expect(Loading(file: "listen = \"\(address)\"").refusals.isEmpty)
    }
}
