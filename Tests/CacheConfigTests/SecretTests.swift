import CacheConfig
import Testing

struct SecretTests {
    private static let strong = "0123456789abcdef0123456789abcdef"

    @Test(arguments: [
        "your_jwt_secret", "Your-Secret-Key", "changeme", "CHANGE_ME", "change me", "secret", "",
        "your-256-bit-secret-replace-me-0123456789", "<your secret of at least 32 bytes here>",
        "${JWT_SECRET_OF_AT_LEAST_32_BYTES_LENGTH}", "changeme-changeme-changeme-changeme",
        "your_super_secret_jwt_key_of_many_bytes",
    ])
    func aPlaceholderIsRefused(secret: String) {
        let refusals = Loading(file: "jwt_secret = \"\(secret)\"").refusals
        #expect(refusals.count == 1)
        #expect(refusals.first?.contains("is a placeholder") == true)
    }

    @Test func aShortSecretIsRefusedByItsLengthAlone() {
        #expect(
            Loading(file: "jwt_secret = \"k3Jx9vQ2\"").refusals == [
                "config.toml:1: jwt_secret: the secret has 8 bytes; "
                    + "allowed: a text of at least 32 bytes"
            ])
    }

    @Test(arguments: [
        ("cluster = \"static\"", ["node_id", "peers", "peer_ca_path"]),
        ("cluster = \"etcd://h:1\"", ["node_id", "peer_ca_path"]),
        ("cluster = \"redis://h:1\"\nnode_id = \"a\"", ["cluster", "peer_ca_path"]),
        ("peers = \"a=h:1/2\"", ["peers"]),
    ])
    func aClusterNeedsItsOtherSettings(file: String, keys: [String]) {
        let refusals = Loading(file: file).refusals
        #expect(refusals.count == keys.count)
        for (refusal, key) in zip(refusals, keys) {
            #expect(refusal.hasPrefix("settings: \(key): "), "\(refusal)")
        }
    }

    @Test func aCertificateNeedsItsKey() {
        let refusals = Loading(file: "tls_cert_path = \"a.pem\"").refusals
        #expect(refusals.first == "settings: tls_key_path: needed, because tls_cert_path is set")
    }

    @Test func aSecretIsReadFromTheFileThatTheEnvironmentNames() {
        var loading = Loading(environment: ["DCS_JWT_SECRET_FILE": "/run/secret"])
        #expect(
            loading.refusals == [
                "environment variable DCS_JWT_SECRET_FILE: jwt_secret: /run/secret cannot be read: "
                    + "there is no such file"
            ])
        loading.secrets["/run/secret"] = "short\n"
        #expect(
            loading.refusals == [
                "environment variable DCS_JWT_SECRET_FILE: jwt_secret: the secret has 5 bytes; "
                    + "allowed: a text of at least 32 bytes"
            ])
    }

    @Test func onlyASecretIsReadFromAFile() {
        #expect(
            Loading(environment: ["DCS_PORT_FILE": "x", "DCS_LISTEN_FILE": "x"]).refusals == [
                "environment variable DCS_LISTEN_FILE: listen: only a secret is read from a file; "
                    + "set DCS_LISTEN"
            ])
    }

    @Test func aSecretGivenInBothWaysIsRefused() {
        let loading = Loading(
            secrets: ["f": Self.strong],
            environment: ["DCS_JWT_SECRET": Self.strong, "DCS_JWT_SECRET_FILE": "f"])
        #expect(loading.refusals.first?.contains("given twice") == true)
    }

    @Test func noSecretIsEverPrinted() {
        let secret = Secret(Self.strong)
        var dumped = ""
        dump(secret, to: &dumped)
        for text in ["\(secret)", String(reflecting: secret), dumped, "\([secret])"] {
            #expect(!text.contains(Self.strong))
        }
        var configuration = Configuration()
        configuration.jwtSecret = secret
        #expect(!"\(configuration)".contains(Self.strong))
        let files = [
            "jwt_secret = \"\(Self.strong)\"", "jwt_secret = \(Self.strong)",
            "jwt_secret = \"\(Self.strong)", "jwt_secret = \"\(Self.strong.prefix(20))\"",
            "[cache]\njwt_secret = \"\(Self.strong)\"\n[wal]\njwt_secret = \"\(Self.strong)\"",
        ]
        for refusal in files.flatMap({ Loading(file: $0).refusals }) {
            #expect(!refusal.contains(Self.strong.prefix(20)))
        }
        #expect(secret.withBytes { Array($0) } == Array(Self.strong.utf8))
    }
}
