import Foundation
import Testing

extension ProgramTests {
    /// `dcs serve` as a stranger meets it: processes, files, signals and sockets.
    struct ServeTests {
        private let folder: TemporaryFolder

        init() throws { folder = try TemporaryFolder() }

        private struct Ports: Codable, Equatable {
            var data: Int
            var management: Int?
            var peer: Int?
            var pid: Int32
        }

        private func ports(in data: String = "data") throws -> Ports {
            let text = try folder.text(of: data + "/dcs.ports.json")
            return try JSONDecoder().decode(Ports.self, from: Data(text.utf8))
        }

        /// No argument of the command line; the port comes from the environment, so that the usual one
        /// need not be free.
        @Test func withNoArgumentInAnEmptyFolderItServes() throws {
            let program = try Program(["serve"], in: folder, environment: ["DCS_PORT": "0"])
            let port = try program.dataPort()
            let client = try HTTPClient(port: port)
            #expect(try client.request("PUT", "/cache/greeting", body: "hello").status == 201)
            #expect(try client.request("GET", "/cache/greeting").body == "hello")
            #expect(try client.request("GET", "/readyz").status == 200)
            #expect(try folder.entries == ["data"])
            program.send(SIGTERM)
            #expect(program.exitCode() == 0)
        }

        @Test func theFreePortIsInThePortsFileAndInTheLog() throws {
            let program = try Program(["serve", "--listen", "127.0.0.1:0"], in: folder)
            let port = try program.dataPort()
            #expect(port > 0)
            #expect(
                try ports()
                    == Ports(
                        data: port, management: try program.managementPort(), peer: nil,
                        pid: program.pid))
            let text = try folder.text(of: "data/dcs.ports.json")
            #expect(text.contains("\"peer\":null"))
            let line = try #require(program.line(containing: "message=ready"))
            #expect(line.contains("pid=\(program.pid)"))
        }

        @Test(arguments: [SIGTERM, SIGINT])
        func aStopSignalEndsItInOrder(signal: Int32) throws {
            let program = try Program(["serve", "--listen", "127.0.0.1:0"], in: folder)
            _ = try program.dataPort()
            program.send(signal)
            #expect(program.exitCode() == 0)
            #expect(program.log.last?.contains("message=stopped") == true)
            #expect(!folder.exists("data/dcs.ports.json"))
        }

        @Test func aStopFinishesTheRequestUnderWay() throws {
            let program = try Program(["serve", "--listen", "127.0.0.1:0"], in: folder)
            let client = try HTTPClient(port: try program.dataPort())
            try client.send("PUT /cache/slow HTTP/1.1\r\nHost: test\r\nContent-Length: 4\r\n\r\nha")
            // An answer on another connection: the half request has been read by then, or waits in the
            // same listener's queue before it.
            let other = try HTTPClient(port: try program.dataPort())
            #expect(try other.request("GET", "/readyz").status == 200)
            program.send(SIGTERM)
            #expect(program.line(containing: "message=stopping") != nil)
            try client.send("lf")
            #expect(try client.answer().status == 201)
            #expect(program.exitCode() == 0)
        }

        @Test func theStopIsOverWithinItsGraceWhateverAClientDoes() throws {
            let program = try Program(
                ["serve", "--listen", "127.0.0.1:0", "--set", "shutdown_grace=1"], in: folder)
            let client = try HTTPClient(port: try program.dataPort())
            try client.send(
                "PUT /cache/stuck HTTP/1.1\r\nHost: test\r\nContent-Length: 4\r\n\r\nha")
            #expect(
                try HTTPClient(port: try program.dataPort()).request("GET", "/livez").status == 200)
            program.send(SIGTERM)
            #expect(program.exitCode() == 0)
        }

        @Test func aPortInUseIsRefusedByItsSetting() throws {
            let first = try Program(["serve", "--listen", "127.0.0.1:0"], in: folder)
            let port = try first.dataPort()
            let second = try Program(
                ["serve", "--listen", "127.0.0.1:\(port)", "--data-dir", "other"], in: folder)
            #expect(second.exitCode() == 1)
            #expect(
                second.log.last == "dcs: cannot listen on 127.0.0.1 port \(port) "
                    + "(settings listen, port): address already in use")
            #expect(!folder.exists("other/dcs.ports.json"))
            #expect(try ports().pid == first.pid)
        }

        @Test func aFolderThatCannotBeMadeIsNamed() throws {
            try folder.write("", to: "file")
            let program = try Program(["serve", "--data-dir", "file/store"], in: folder)
            #expect(program.exitCode() == 1)
            #expect(program.log.last?.hasPrefix("dcs: data folder file/store: ") == true)
        }

        @Test func theFileTheEnvironmentAndTheFlagHaveTheirPrecedence() throws {
            try folder.write("data_dir = \"from-file\"\nport = 0\n", to: "config.toml")
            try folder.write("data_dir = \"from-named\"\nport = 0\n", to: "named.toml")
            let cases: [(arguments: [String], environment: [String: String], data: String)] = [
                ([], [:], "from-file"),
                (["--config", "named.toml"], [:], "from-named"),
                ([], ["DCS_DATA_DIR": "from-environment"], "from-environment"),
                (["--data-dir", "from-flag"], ["DCS_DATA_DIR": "from-environment"], "from-flag"),
                (["--set", "data_dir=from-set"], ["DCS_DATA_DIR": "from-environment"], "from-set"),
            ]
            for (arguments, environment, data) in cases {
                let program = try Program(
                    ["serve"] + arguments, in: folder, environment: environment)
                let port = try program.dataPort()
                #expect(try ports(in: data).data == port)
                program.send(SIGTERM)
                #expect(program.exitCode() == 0)
            }
        }
    }
}
