import Foundation
import TestSupport
import Testing

extension ProgramTests {
    /// Tokens, roles and certificates of the real program.
    struct SecurityTests {
        private static let secret = "c4naryQ9xV2mT7kLw8RzN3pYd6HfJb1s"
        private let folder: TemporaryFolder

        init() throws { folder = try TemporaryFolder() }

        private func start(_ arguments: [String] = []) throws -> Program {
            try Program(["serve", "--listen", "127.0.0.1:0"] + arguments, in: folder)
        }

        /// What `dcs token` prints.
        private func token(_ arguments: [String]) throws -> String {
            let program = try Program(["token"] + arguments, in: folder)
            #expect(program.exitCode() == 0)
            return program.standardOutput().trimmingCharacters(in: .newlines)
        }

        private func configure(_ more: String = "") throws {
            try folder.write("jwt_secret = \"\(Self.secret)\"\n\(more)", to: "config.toml")
        }

        @Test func aMintedTokenDoesWhatItsRoleAllows() throws {
            try configure(
                """
                jwt_audience = "dcs"
                [roles.team]
                verbs = ["read", "write"]
                key_prefixes = ["team/"]
                """)
            let program = try start()
            let client = try HTTPClient(port: try program.dataPort())
            #expect(try client.request("PUT", "/cache/k", body: "v").status == 401)
            let writer = "Authorization: Bearer " + (try token([]))
            let reader = "Authorization: Bearer " + (try token(["--role", "reader"]))
            let team =
                "Authorization: Bearer "
                + (try token(["--role", "team", "--subject", "job", "--ttl", "5m"]))
            #expect(try client.request("PUT", "/cache/k", [writer], body: "v").status == 201)
            #expect(try client.request("GET", "/cache/k", [reader]).body == "v")
            #expect(try client.request("PUT", "/cache/k", [reader], body: "v").status == 403)
            #expect(try client.request("PUT", "/cache/team/1", [team], body: "v").status == 201)
            #expect(try client.request("PUT", "/cache/k", [team], body: "v").status == 403)
            let foreign = try token(["--set", "jwt_audience=other"])
            #expect(
                try client.request("GET", "/cache/k", ["Authorization: Bearer " + foreign]).status
                    == 401)
            #expect(try client.request("GET", "/livez").status == 200)
        }

        @Test func tokenRefusesWhatItCannotMake() throws {
            let without = try Program(["token"], in: folder)
            #expect(without.exitCode() == 1)
            #expect(
                without.log == [
                    "dcs: jwt_secret is not set: there is nothing to sign a token with"
                ])
            try configure()
            for (arguments, code, part) in [
                (["--role", "root"], Int32(1), "no role \"root\""),
                (["--ttl", "0"], 2, "--ttl takes a time"),
                (["--ttl", "forever"], 2, "--ttl takes a time"),
                (["--ttl", "-5s"], 2, "--ttl"),
                (["--ttl", "99999999999999d"], 2, "--ttl takes a time"),
            ] {
                let program = try Program(["token"] + arguments, in: folder)
                #expect(program.exitCode() == code)
                #expect(program.log.first?.contains(part) == true)
                #expect(program.standardOutput().isEmpty)
            }
        }

        @Test func anEncryptedNodeServesAndTakesANewCertificate() async throws {
            let certificates = try Certificates()
            try certificates.make("server")
            try configure(tls(certificates))
            let program = try start()
            let port = try program.dataPort()
            let roots = try certificates.bytes("server.pem")
            let field = "Authorization: Bearer " + (try token([]))
            let client = try await TLSClient(port: port, trusting: roots)
            #expect(try await client.request("PUT", "/cache/k", [field], body: "v").status == 201)
            #expect(try await client.request("GET", "/cache/k", [field]).body == "v")
            #expect(try await client.request("GET", "/cache/k").status == 401)
            try certificates.make("server")
            #expect(program.line(containing: "new connections get the new certificate") != nil)
            let second = try await TLSClient(
                port: port, trusting: try certificates.bytes("server.pem"))
            #expect(try await second.request("GET", "/cache/k", [field]).body == "v")
            let management = try await TLSClient(
                port: try program.managementPort(),
                trusting: try certificates.bytes("server.pem"))
            #expect(try await management.request("GET", "/livez").status == 200)
            try FileManager.default.removeItem(atPath: certificates.file("server.key"))
            #expect(program.line(containing: "the new certificate is not used") != nil)
            let third = try await TLSClient(
                port: port, trusting: try certificates.bytes("server.pem"))
            #expect(try await third.request("GET", "/livez").status == 200)
            program.send(SIGTERM)
            #expect(program.exitCode() == 0)
        }

        @Test(arguments: [
            (0o644, "everybody on this machine may read it; chmod o-r"),
            (0o604, "everybody on this machine may read it; chmod o-r"),
            (0o660, "others may change it; chmod go-w"),
        ])
        func aKeyThatOthersReachIsRefused(mode: Int, reason: String) throws {
            let certificates = try Certificates()
            try certificates.make("server")
            try configure(tls(certificates))
            let key = certificates.file("server.key")
            try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: key)
            let program = try start()
            #expect(program.exitCode() == 1)
            #expect(
                program.log.last == "dcs: tls_key_path: \(key) cannot be used: \(reason)")
            #expect(!folder.exists("data"))
            try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: key)
            _ = try start().dataPort()
        }

        /// Nothing that the program says to anybody holds a secret: not its log at its most
        /// talkative, no answer, no refusal, no file but the configuration.
        @Test func noSecretIsEverShown() async throws {
            let certificates = try Certificates()
            try certificates.make("server")
            try configure(tls(certificates) + "log_level = \"trace\"\n")
            let tokens = try [[], ["--role", "none"], ["--role", "admin"]].map { try token($0) }
            let forged = tokens[0].dropLast(4) + "AAAA"
            let program = try start()
            let ports = [try program.dataPort(), try program.managementPort()]
            var shown = Data()
            func show(_ texts: [String]) { for text in texts { shown += text.utf8 + [0] } }
            for port in ports {
                let client = try await TLSClient(
                    port: port, trusting: try certificates.bytes("server.pem"))
                for token in tokens + [String(forged), Self.secret, "none"] {
                    show(try await answers(client, ["Authorization: Bearer \(token)"]))
                }
            }
            program.send(SIGTERM)
            #expect(program.exitCode() == 0)
            show(program.log + [program.standardOutput()])
            let second = try start(["--set", "jwt_secret=short", "--set", "port=x"])
            #expect(second.exitCode() == 1 || second.exitCode() == 2)
            let third = try start(["--set", "tls_cert_path=\(certificates.file("server.key"))"])
            #expect(third.exitCode() == 1)
            show(second.log + third.log)
            shown += try files(below: folder.path + "/data")
            let keyLines = String(decoding: try certificates.bytes("server.key"), as: UTF8.self)
                .split(separator: "\n").filter { !$0.hasPrefix("-----") }.map(String.init)
            #expect(!keyLines.isEmpty)
            for secret in tokens + keyLines + [String(forged), Self.secret] {
                #expect(!holds(shown, secret))
            }
            #expect(holds(shown, "message=ready"))
        }

        /// What the paths of both ports answer.
        private func answers(_ client: TLSClient, _ fields: [String]) async throws -> [String] {
            var texts: [String] = []
            for path in [
                "/cache/k", "/cache?key=k", "/livez", "/readyz", "/openapi.json", "/stats",
                "/metrics", "/nodes", "/config", "/entries", "/events?kind=none", "/nothing",
            ] {
                for (method, body) in [
                    ("GET", ""), ("PUT", "v"), ("DELETE", ""),
                    ("PATCH", #"{"jwt_secret":"\#(Self.secret)"}"#),
                ] {
                    let answer = try await client.request(method, path, fields, body: body)
                    texts += [answer.head, answer.body]
                }
            }
            return texts
        }

        private func tls(_ certificates: Certificates) -> String {
            """
            tls_cert_path = "\(certificates.file("server.pem"))"
            tls_key_path = "\(certificates.file("server.key"))"

            """
        }

        /// The content of every file.
        private func files(below path: String) throws -> Data {
            try FileManager.default.subpathsOfDirectory(atPath: path).reduce(into: Data()) {
                $0 += FileManager.default.contents(atPath: path + "/" + $1) ?? Data()
            }
        }

        private func holds(_ data: Data, _ text: String) -> Bool {
            data.range(of: Data(text.utf8)) != nil
        }
    }
}
