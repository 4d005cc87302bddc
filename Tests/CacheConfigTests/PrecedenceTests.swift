import CacheConfig
import Testing

struct PrecedenceTests {
    @Test func withNothingGivenTheDefaultsHold() throws {
        let configuration = try Loading().load()
        #expect(configuration.memoryBytesMax == 1_073_741_824)
        #expect(configuration.diskBytesMax == 10_737_418_240)
        #expect(configuration.defaultTTLMilliseconds == 300_000)
        #expect(configuration.walSync == .interval)
        #expect(configuration.dataPort == 50051)
        #expect(configuration.managementPort == 9898)
        #expect(!configuration.authenticates)
    }

    @Test func aFlagWinsOverTheEnvironmentAndThatOverTheFile() throws {
        var loading = Loading(file: "port = 1001\n")
        #expect(try loading.load().dataPort == 1001)
        loading.environment["DCS_PORT"] = "1002"
        #expect(try loading.load().dataPort == 1002)
        loading.flags = [("port", "1003")]
        #expect(try loading.load().dataPort == 1003)
    }

    @Test func aHiddenValueIsCheckedAllTheSame() {
        let loading = Loading(file: "port = 70000\n", flags: [("port", "1003")])
        #expect(
            loading.refusals == [
                "config.toml:1: port: 70000 is not allowed; allowed: an integer from 0 to 65535"
            ])
    }

    @Test func aFileThatIsNamedMustExistAndTheUsualOneNeedNot() {
        #expect(Loading().refusals.isEmpty)
        #expect(
            Loading(fileName: "mine.toml").refusals == [
                "mine.toml: cannot be read: there is no such file"
            ])
    }

    @Test func theDiskFollowsTheMemoryUntilItIsGiven() throws {
        #expect(try Loading(file: "max_memory = \"128MiB\"").load().diskBytesMax == 1_342_177_280)
        #expect(try Loading(file: "max_disk = \"1GB\"").load().diskBytesMax == 1_000_000_000)
    }

    @Test func everySettingIsReachableThroughEveryLayer() throws {
        for setting in Setting.all where setting.feature == nil {
            let value = Samples.value(for: setting.kind)
            let written = setting.isText ? "\"\(value)\"" : value
            let layers = [
                Loading(file: "\(setting.key) = \(written)\n"),
                Loading(environment: [setting.environmentName: value]),
                Loading(flags: [(setting.key, value)]),
            ]
            for layer in layers {
                #expect(try setting.shown(in: layer.load()) == written, "\(setting.key)")
            }
        }
    }

    @Test func variablesOfAKubernetesServiceAreNotSettings() throws {
        let configuration = try Loading(environment: [
            "DCS_SERVICE_HOST": "10.0.0.1", "DCS_SERVICE_PORT": "50051",
            "DCS_PORT": "tcp://10.0.0.1:50051", "DCS_PORT_50051_TCP_ADDR": "10.0.0.1",
        ]).load()
        #expect(configuration.dataPort == 50051)
    }

    @Test func variablesOfTheClientCommandsAreNotSettings() throws {
        let names = ["DCS_URL", "DCS_MANAGEMENT_URL", "DCS_TOKEN", "DCS_TOKEN_FILE", "DCS_CA"]
        let variables = Dictionary(uniqueKeysWithValues: names.map { ($0, "x") })
        #expect(try Loading(environment: variables).load().dataPort == 50051)
        #expect(throws: (any Error).self) {
            try Loading(environment: ["DCS_URLS": "x"]).load()
        }
    }
}

/// An allowed value of each kind that is no setting's default.
enum Samples {
    static func value(for kind: SettingKind) -> String {
        switch kind {
        case .bytes(let range), .count(let range): String(range.upperBound - 1)
        case .seconds: "77"
        case .boolean: "true"
        case .choice(let names): names[0]
        case .text, .path: "sample"
        case .address: "127.0.0.2"
        case .url: "https://keys.example"
        case .secret(let bytesMin): String(repeating: "k", count: bytesMin)
        }
    }
}

extension Setting {
    /// True where a file holds the value in quotes.
    var isText: Bool {
        switch kind {
        case .choice, .text, .path, .address, .url, .secret: true
        case .bytes, .seconds, .count, .boolean: false
        }
    }
}
