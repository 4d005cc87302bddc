import CacheConfig
import Testing

/// Files that group their settings, as those of earlier systems do.
struct SectionTests {
    private static let grouped = """
        [cache]
        max_memory = 1073741824
        default_ttl = 300
        replication_factor = 3

        [transactions]
        enable_transactions = true
        transaction_timeout = 60

        [security]
        %SECURITY%

        [monitoring]
        metrics_port = 9899
        """

    private func file(security: String) -> String {
        let parts = Self.grouped.split(separator: "%SECURITY%")
        return parts[0] + security + parts[1]
    }

    @Test func aFileOfFourSectionsMeansTheFlatKeys() throws {
        let configuration = try Loading(file: file(security: "")).load()
        #expect(configuration.replicationFactor == 3)
        #expect(configuration.transactionTimeoutMilliseconds == 60_000)
        #expect(configuration.managementPort == 9899)
    }

    @Test func itsPlaceholdersAreRefusedByLineWithoutBeingShown() {
        let security = """
            jwt_secret = "your_jwt_secret"
            tls_cert_path = "/path/to/cert.pem"
            tls_key_path = "/path/to/key.pem"
            """
        let advice = "give the path of a file that exists, or remove the line"
        #expect(
            Loading(file: file(security: security)).refusals == [
                "config.toml:11: security.jwt_secret: the value is a placeholder that anybody can "
                    + "guess; make a secret with `openssl rand -base64 48`, or remove the line",
                "config.toml:12: security.tls_cert_path: \"/path/to/cert.pem\" is a placeholder; "
                    + advice,
                "config.toml:13: security.tls_key_path: \"/path/to/key.pem\" is a placeholder; "
                    + advice,
            ])
    }

    @Test(arguments: Section.names)
    func everyDocumentedSectionGroupsAnySetting(section: String) throws {
        #expect(try Loading(file: "[\(section)]\nport = 7\n").load().dataPort == 7)
    }

    @Test func dottedAndInlineTablesAreSectionsToo() throws {
        #expect(try Loading(file: "server.port = 7").load().dataPort == 7)
        #expect(try Loading(file: "server = { port = 7 }").load().dataPort == 7)
        #expect(
            Loading(file: "\nserver = { port = -7 }").refusals.first?.hasPrefix("config.toml:2:")
                == true)
    }

    @Test func aSectionInsideASectionIsNoSetting() {
        let refusals = Loading(file: "[server.cache]\nport = 7").refusals
        #expect(
            refusals.first
                == "config.toml:1: server.cache: a section holds keys and no other section")
    }
}
