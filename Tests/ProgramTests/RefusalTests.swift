import Testing

extension ProgramTests {
    /// What a wrong start says and how it exits. Nothing is made on disk then.
    struct RefusalTests {
        struct Case: Sendable, CustomTestStringConvertible {
            var file: String?
            var environment: [String: String] = [:]
            var arguments: [String] = []
            let code: Int32
            let message: String

            var testDescription: String { message }
        }

        @Test(arguments: [
            Case(
                file: "[cache]\nmax_memory = 5\n", code: 1,
                message:
                    "dcs: config.toml:2: cache.max_memory: 5 is not allowed; allowed: bytes from "
                    + "64MiB to 1024TiB, as an integer or as in \"512MiB\""),
            Case(
                file: "port =\n", code: 1,
                message: "dcs: config.toml:1: not valid TOML: a value is missing"),
            Case(
                file: "[security]\njwt_secret = \"your_jwt_secret\"\n", code: 1,
                message: "dcs: config.toml:2: security.jwt_secret: the value is a placeholder that "
                    + "anybody can guess; make a secret with `openssl rand -base64 48`, or remove the line"
            ),
            Case(
                file: "jwt_secret = \"too-short\"\n", code: 1,
                message: "dcs: config.toml:1: jwt_secret: the secret has 9 bytes; "
                    + "allowed: a text of at least 32 bytes"),
            Case(
                file: "tls_cert_path = \"none.pem\"\ntls_key_path = \"none.key\"\n", code: 1,
                message: "dcs: tls_cert_path: none.pem does not exist"),
            Case(
                environment: ["DCS_THREADS": "many"], code: 1,
                message: "dcs: environment variable DCS_THREADS: threads: \"many\" is not allowed; "
                    + "allowed: an integer from 1 to 1024"),
            Case(
                arguments: ["--listen", "0.0.0.0:0"], code: 1,
                message:
                    "dcs: settings: listen: 0.0.0.0 is reachable from other machines and there is "
                    + "no authentication; set jwt_secret or jwks_url, or insecure = true where everyone "
                    + "who reaches it may read and write everything"),
            Case(
                arguments: ["--config", "none.toml"], code: 1,
                message: "dcs: none.toml: cannot be read: there is no such file"),
            Case(
                arguments: ["--metrics-port", "x"], code: 2,
                message: "dcs: flag --metrics-port: metrics_port: \"x\" is not allowed; "
                    + "allowed: an integer from 0 to 65535"),
            Case(
                arguments: ["--set", "port"], code: 2,
                message: "dcs: --set takes key=value, not \"port\""),
            Case(
                arguments: ["--listen", "::1:5"], code: 2,
                message:
                    "dcs: --listen takes ADDRESS:PORT, such as 127.0.0.1:50051 or [::1]:50051, "
                    + "not \"::1:5\""),
            Case(
                arguments: ["--listen", "127.0.0.1:1", "--set", "port=2"], code: 2,
                message: "dcs: flag --set: port: given twice; the other is port (flag --listen)"),
            Case(
                arguments: ["--loud"], code: 2,
                message: "Error: Unknown option '--loud'"),
        ])
        func aWrongStartIsRefusedWithItsReason(wrong: Case) throws {
            let folder = try TemporaryFolder()
            if let file = wrong.file { try folder.write(file, to: "config.toml") }
            let program = try Program(
                ["serve"] + wrong.arguments, in: folder, environment: wrong.environment)
            #expect(program.exitCode() == wrong.code)
            // A refusal may follow the line that says what is starting.
            #expect(program.log.first { !$0.hasPrefix("time=") } == wrong.message)
            #expect(!folder.exists("data"))
            #expect(program.standardOutput().isEmpty)
        }

        @Test func helpIsOnStandardOutputAndASuccess() throws {
            let folder = try TemporaryFolder()
            for arguments in [["--help"], ["serve", "--help"], ["settings", "--help"], []] {
                let program = try Program(arguments, in: folder)
                #expect(program.exitCode() == 0)
                #expect(program.standardOutput().contains("USAGE: dcs"))
            }
        }

        @Test func settingsPrintsEveryKey() throws {
            let program = try Program(["settings"], in: try TemporaryFolder())
            #expect(program.exitCode() == 0)
            let text = program.standardOutput()
            #expect(text.contains("max_memory  (DCS_MAX_MEMORY)"))
            #expect(text.contains("shutdown_grace  (DCS_SHUTDOWN_GRACE)"))
        }
    }
}
