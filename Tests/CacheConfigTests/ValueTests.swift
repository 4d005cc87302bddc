import CacheBase
import CacheConfig
import Testing

struct ValueTests {
    @Test(arguments: [
        ("67108864", 67_108_864), ("\"64MiB\"", 67_108_864), ("\"64 mib\"", 67_108_864),
        ("\"100MB\"", 100_000_000), ("\"2GB\"", 2_000_000_000), ("\"1TiB\"", 1_099_511_627_776),
        ("\"65536KiB\"", 67_108_864), ("1_073_741_824", 1_073_741_824),
        ("0x40000000", 1_073_741_824),
    ])
    func aSizeIsBytesOrHasAUnit(written: String, bytes: UInt64) throws {
        #expect(try Loading(file: "max_memory = \(written)").load().memoryBytesMax == bytes)
    }

    @Test(arguments: [
        ("300", 300_000), ("0", 0), ("0.5", 500), ("1e2", 100_000), ("\"250ms\"", 250),
        ("\"5m\"", 300_000), ("\"1.5h\"", 5_400_000), ("\"1d\"", 86_400_000),
    ])
    func aTimeIsSecondsOrHasAUnit(written: String, milliseconds: UInt64) throws {
        let configuration = try Loading(file: "default_ttl = \(written)").load()
        #expect(configuration.defaultTTLMilliseconds == milliseconds)
    }

    @Test func theEnvironmentNeedsNoUnits() throws {
        let configuration = try Loading(environment: [
            "DCS_MAX_MEMORY": "67108864", "DCS_DEFAULT_TTL": "0.25", "DCS_SEARCH_ENABLED": "false",
        ]).load()
        #expect(configuration.memoryBytesMax == 67_108_864)
        #expect(configuration.defaultTTLMilliseconds == 250)
        #expect(!configuration.searchEnabled)
    }

    @Test(arguments: ["1e9GiB", "GiB", "1.5GiB", "1 GiB x", "١GiB", "--1", "1KiBKiB"])
    func whatOnlyLooksLikeASizeIsRefused(text: String) {
        #expect(!Loading(environment: ["DCS_MAX_MEMORY": text]).refusals.isEmpty)
    }

    @Test(arguments: ["-1", "inf", "1e400", "1w", "0x10", "1..5"])
    func whatOnlyLooksLikeATimeIsRefused(text: String) {
        #expect(!Loading(environment: ["DCS_DEFAULT_TTL": text]).refusals.isEmpty)
    }

    @Test func aRoleNeedsVerbsPrefixesAndANameOfItsOwn() {
        let wrong = [
            "[roles.admin]\nverbs = [\"read\"]\nkey_prefixes = [\"\"]",
            "[roles.shop]\nverbs = [\"fly\"]\nkey_prefixes = [\"\"]",
            "[roles.shop]\nverbs = [\"read\"]",
            "[roles.shop]\nverbs = [\"read\"]\nkey_prefixes = [\"\"]\nspeed = 1",
            "[roles]\nshop = 1",
        ]
        for file in wrong {
            #expect(Loading(file: file).refusals.first?.contains(": roles.") == true, "\(file)")
        }
    }

    @Test func rolesWithoutAuthenticationAreRefused() {
        let file = "[roles.shop]\nverbs = [\"read\", \"write\"]\nkey_prefixes = [\"shop/\"]"
        #expect(
            Loading(file: file).refusals == [
                "settings: roles: shop: roles mean nothing without authentication; remove them"
            ])
    }

    @Test func noBytesAsAFileTrap() {
        let seed = UInt64.random(in: 0 ... .max)
        var random = Xoshiro256(seed: seed)
        let pieces = [
            "[", "]", "=", "\"", "port", "roles", ".", "1", "\n", "{", "}", "'", "\\u12", "é", "-",
            "#",
        ]
        for _ in 0..<20_000 {
            let count = Int.random(in: 0..<24, using: &random)
            let text = (0..<count).map { _ in pieces.randomElement(using: &random) ?? "" }.joined()
            for refusal in Loading(file: text).refusals {
                #expect(
                    refusal.contains("config.toml") || refusal.hasPrefix("settings"),
                    "seed \(seed): \(text.debugDescription)")
            }
        }
    }
}
