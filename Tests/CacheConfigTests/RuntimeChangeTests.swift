import Testing

@testable import CacheConfig

/// Settings that change while a node runs, and what a restart makes of them.
@Suite("Changes at run time")
struct RuntimeChangeTests {
    private func layers(
        file: String = "", overrides: String? = nil, flags: [(key: String, value: String)] = []
    ) throws(ConfigurationError) -> LayeredConfiguration {
        try ConfigurationLoader.loadLayers(
            file: nil, environment: ["DCS_DEFAULT_TTL": "7"],
            flags: flags.map { .init(name: "--set", key: $0.key, value: $0.value) }
        ) { path throws(UnreadableFile) in
            switch path {
            case "config.toml": return Array(file.utf8)
            case "data/overrides.toml" where overrides != nil: return Array(overrides!.utf8)
            default: throw .missing
            }
        }
    }

    @Test func sourcesAreNamed() throws {
        let layers = try layers(
            file: "max_disk = \"1GiB\"\nwal_sync = \"never\"\n",
            overrides: "wal_sync = \"always\"\n", flags: [("port", "0")])
        func source(_ key: String) throws -> String? {
            layers.origin(of: try #require(Setting.named(key)))?.description
        }
        #expect(try source("max_disk") == "config.toml:1")
        #expect(try source("wal_sync") == "data/overrides.toml:1")
        #expect(try source("default_ttl") == "environment variable DCS_DEFAULT_TTL")
        #expect(try source("port") == "flag --set")
        #expect(try source("max_memory") == nil)
        #expect(layers.configuration.walSync == .always)
        #expect(layers.overriddenKeys == ["wal_sync"])
    }

    @Test func aChangeGoesBeforeAFlagAndIsTakenBackByNull() throws {
        let started = try layers(flags: [("max_memory", "128MiB")])
        let changed = try started.patched(["max_memory": .text("256MiB")])
        #expect(changed.configuration.memoryBytesMax == 256 << 20)
        #expect(started.configuration.memoryBytesMax == 128 << 20)
        let again = try layers(
            overrides: changed.overridesText, flags: [("max_memory", "128MiB")])
        #expect(again.configuration.memoryBytesMax == 256 << 20)
        #expect(try again.patched(["max_memory": .reset]).configuration.memoryBytesMax == 128 << 20)
    }

    @Test func everyLiveSettingSurvivesTheFile() throws {
        let values: [String: PatchValue] = [
            "max_memory": .integer(1 << 28), "max_disk": .text("3GiB"), "default_ttl": .number(1.5),
            "transaction_timeout": .text("2m"), "replication_factor": .integer(3),
            "replication_ack": .text("all"), "wal_sync": .text("never"),
            "log_level": .text("debug"),
        ]
        #expect(Set(values.keys) == Set(Setting.all.filter { $0.change == .live }.map(\.key)))
        let changed = try layers().patched(values)
        let restarted = try layers(overrides: changed.overridesText)
        for setting in Setting.all {
            #expect(
                setting.value(in: restarted.configuration)
                    == setting.value(in: changed.configuration), "\(setting.key)")
        }
        #expect(restarted.configuration.defaultTTLMilliseconds == 1500)
        #expect(restarted.configuration.transactionTimeoutMilliseconds == 120_000)
    }

    @Test(arguments: [
        (["none": PatchValue.integer(1)], ["none: unknown setting."], 400),
        (["port": .integer(1)], ["port needs a restart."], 409),
        (["jwt_secret": .text("x")], ["jwt_secret needs a restart."], 409),
        (["wal_sync": .text("now"), "port": .integer(1)], ["wal_sync: "], 400),
        (["replication_factor": .number(1.5)], ["replication_factor: "], 400),
        (["max_memory": .integer(-1)], ["max_memory: "], 400),
        (["max_memory": .boolean(true)], ["max_memory: "], 400),
        (["default_ttl": .other("an array")], ["default_ttl: "], 400),
    ])
    func aWrongChangeIsRefusedWhole(
        change: [String: PatchValue], reasons: [String], status: Int
    ) throws {
        let layers = try layers()
        let refusal = try #require(throws: PatchRefusal.self) {
            try layers.patched(change.merging(["log_level": .text("debug")]) { $1 })
        }
        #expect(refusal.reasons.count == reasons.count)
        for (reason, expected) in zip(refusal.reasons, reasons) {
            #expect(reason.hasPrefix(expected))
        }
        if case .needsRestart = refusal { #expect(status == 409) } else { #expect(status == 400) }
    }

    @Test func aFileOfOverridesIsCheckedLikeAnyOther() {
        let cases = [
            ("prot = 1\n", "data/overrides.toml:1: prot: unknown key"),
            ("max_disk = 1\n", "data/overrides.toml:1: max_disk: 1 is not allowed"),
            ("port = 1\n", "data/overrides.toml:1: port: does not change at run time"),
            ("x", "data/overrides.toml:1: not valid TOML"),
        ]
        for (text, expected) in cases {
            do {
                _ = try layers(overrides: text)
                Issue.record("accepted: \(text)")
            } catch {
                #expect(error.problems.first?.description.hasPrefix(expected) == true)
            }
        }
    }

    @Test func secretsHaveNoValueToShow() throws {
        var configuration = Configuration()
        configuration.jwtSecret = Secret("canary canary canary canary canary!")
        let setting = try #require(Setting.named("jwt_secret"))
        #expect(setting.value(in: configuration) == .secret)
        #expect(setting.value(in: Configuration()) == nil)
    }
}
