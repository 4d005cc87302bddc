import Foundation
import TestSupport
import Testing

extension ProgramTests {
    /// How the client commands reach a node, and what they say where it does not let them in.
    struct ClientAccessTests {
        private static let secret = "c4naryQ9xV2mT7kLw8RzN3pYd6HfJb1s"
        private let folder: TemporaryFolder

        init() throws { folder = try TemporaryFolder() }

        private func token(_ role: String) throws -> String {
            try ClientRig.run(["token", "--role", role], in: folder).lines.joined()
        }

        @Test func aNodeThatIsNotThereIsNamed() throws {
            for command in [["get", "k"], ["put", "k", "v"], ["stats"], ["top", "--once"]] {
                let outcome = try ClientRig.run(
                    command + ["--url", "http://127.0.0.1:1"], in: folder)
                #expect(outcome.code == 1 && outcome.bytes.isEmpty)
                #expect(
                    outcome.errors == [
                        "dcs: cannot reach http://127.0.0.1:1: connection refused"
                    ])
            }
            let unknown = try ClientRig.run(
                ["stats"], in: folder, environment: ["DCS_URL": "http://nowhere.invalid:1"])
            #expect(unknown.code == 1)
            #expect(
                unknown.errors.first?.hasPrefix("dcs: cannot reach http://nowhere.invalid:1: ")
                    == true)
        }

        @Test func anotherServerIsNoNode() throws {
            let node = try ClientRig(in: folder)
            // The management port knows no entries by their path.
            let outcome = try node.run(
                ["put", "k", "v"], environment: ["DCS_URL": node.managementURL])
            #expect(outcome.code == 1)
            #expect(outcome.errors.first?.contains("(404)") == true)
        }

        @Test func aTokenOpensWhatItsRoleAllows() throws {
            try folder.write("jwt_secret = \"\(Self.secret)\"\n", to: "config.toml")
            let node = try ClientRig(in: folder)
            let without = try node.run(["put", "k", "v"])
            #expect(without.code == 1 && without.bytes.isEmpty)
            #expect(
                without.errors.first?.hasSuffix(
                    "Give one with --token, DCS_TOKEN or DCS_TOKEN_FILE. (401)") == true)
            let writer = try token("writer")
            #expect(try node.run(["put", "k", "v", "--token", writer]).code == 0)
            #expect(try node.run(["get", "k"], environment: ["DCS_TOKEN": writer]).output == "v")
            try folder.write(writer + "\n", to: "token")
            let file = ["DCS_TOKEN_FILE": "token"]
            #expect(try node.run(["get", "k"], environment: file).output == "v")
            let reader = try node.run(["put", "k", "w", "--token", try token("reader")])
            #expect(reader.code == 1)
            #expect(reader.errors.first?.hasSuffix("(403)") == true)
            #expect(try node.run(["export", "--token", writer]).code == 1)
            let export = try node.run(["export", "--token", try token("admin")])
            #expect(export.code == 0 && export.lines.count == 1)
            let missing = try node.run(["get", "k"], environment: ["DCS_TOKEN_FILE": "none"])
            #expect(missing.code == 1)
            #expect(
                missing.errors.first?.hasPrefix("dcs: DCS_TOKEN_FILE: none cannot be read") == true)
        }

        @Test func anEncryptedNodeIsReachedByThoseWhoTrustItsCA() throws {
            let certificates = try Certificates()
            try certificates.make("server")
            try certificates.make("other")
            try folder.write(
                """
                tls_cert_path = "\(certificates.file("server.pem"))"
                tls_key_path = "\(certificates.file("server.key"))"
                """, to: "config.toml")
            let node = try ClientRig(in: folder, scheme: "https")
            let ca = certificates.file("server.pem")
            #expect(try node.run(["put", "k", "v", "--ca", ca]).code == 0)
            #expect(try node.run(["get", "k"], environment: ["DCS_CA": ca]).output == "v")
            let export = try node.run(["export", "--ca", ca])
            #expect(export.code == 0 && export.lines.count == 1)
            for more in [[], ["--ca", certificates.file("other.pem")]] {
                let outcome = try node.run(["get", "k"] + more)
                #expect(outcome.code == 1 && outcome.bytes.isEmpty)
                #expect(
                    outcome.errors == [
                        "dcs: cannot reach \(node.url): its certificate is not trusted; name the "
                            + "CA that signed it with --ca"
                    ])
            }
            let plain = try node.run(["get", "k", "--url", "http" + node.url.dropFirst(5)])
            #expect(plain.code == 1 && plain.bytes.isEmpty)
        }

        @Test func theClientsVariablesAreNoSettings() throws {
            let names = ["DCS_URL", "DCS_MANAGEMENT_URL", "DCS_TOKEN", "DCS_TOKEN_FILE", "DCS_CA"]
            let node = try ClientRig(
                in: folder, environment: Dictionary(uniqueKeysWithValues: names.map { ($0, "x") }))
            #expect(try node.run(["put", "k", "v"]).code == 0)
        }
    }
}
