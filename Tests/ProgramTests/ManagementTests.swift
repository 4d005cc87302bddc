import Foundation
import Testing

extension ProgramTests {
    /// The management port of the real program.
    struct ManagementTests {
        private let folder: TemporaryFolder

        init() throws { folder = try TemporaryFolder() }

        private func start(_ more: [String] = []) throws -> Program {
            try Program(["serve", "--listen", "127.0.0.1:0"] + more, in: folder)
        }

        private func stop(_ program: Program) {
            program.send(SIGTERM)
            #expect(program.exitCode() == 0)
        }

        @Test func bothPortsGiveTheSameAnswers() throws {
            let program = try start()
            let data = try HTTPClient(port: program.dataPort())
            let management = try HTTPClient(port: program.managementPort())
            #expect(try data.request("PUT", "/cache/k", body: "v").status == 201)
            for path in ["/livez", "/readyz", "/healthz", "/nodes"] {
                let one = try data.request("GET", path)
                let other = try management.request("GET", path)
                #expect(one.status == 200 && other.status == 200)
                #expect(one.body == other.body)
            }
            for client in [data, management] {
                let stats = try client.request("GET", "/stats")
                #expect(stats.body.contains("\"entries\":1,"))
                let metrics = try client.request("GET", "/metrics")
                #expect(metrics.head.contains("text/plain; version=0.0.4"))
                #expect(
                    metrics.body.contains(
                        "dcs_request_duration_seconds_count{operation=\"put\"} 1\n"))
            }
            stop(program)
        }

        @Test func aChangedSettingSurvivesTheRestartAndGoesBeforeAFlag() throws {
            let first = try start(["--set", "default_ttl=100"])
            let management = try HTTPClient(port: first.managementPort())
            let body = #"{"default_ttl":50,"max_memory":"512MiB","log_level":"debug"}"#
            #expect(try management.request("PATCH", "/config", body: body).status == 200)
            let data = try HTTPClient(port: first.dataPort())
            #expect(try data.request("PUT", "/cache/k", body: "v").status == 201)
            #expect(try (1...50).contains(secondsLeft(data)))
            stop(first)

            let second = try start(["--set", "default_ttl=100"])
            let again = try HTTPClient(port: second.managementPort())
            #expect(try again.request("GET", "/stats").body.contains("\"max_bytes\":536870912"))
            let config = try again.request("GET", "/config").body
            #expect(
                config.contains(
                    #""default_ttl":{"value":50.0,"source":"data/overrides.toml:3","changeable":true}"#
                ))
            #expect(second.line(containing: "keys=default_ttl,log_level,max_memory") != nil)
            #expect(
                try again.request("PATCH", "/config", body: #"{"default_ttl":null}"#).status == 200)
            let writer = try HTTPClient(port: second.dataPort())
            #expect(try writer.request("PUT", "/cache/k", body: "v").status == 204)
            #expect(try (51...100).contains(secondsLeft(writer)))
            stop(second)
        }

        /// The rest of the life of the entry of key `k`; 0 where the answer does not say.
        private func secondsLeft(_ client: HTTPClient) throws -> Int {
            let lines = try client.request("GET", "/cache/k").head.split(separator: "\r\n")
            let name = "Cache-Control: max-age="
            let line = lines.first { $0.hasPrefix(name) }
            return line.flatMap { Int($0.dropFirst(name.count)) } ?? 0
        }

        @Test func anOverrideThatIsWrongIsRefusedAtStart() throws {
            stop(try started())
            try folder.write("port = 1\n", to: "data/overrides.toml")
            let program = try start()
            #expect(program.exitCode() == 1)
            #expect(
                program.log.first == "dcs: data/overrides.toml:1: port: does not change at run "
                    + "time; remove the line")
        }

        private func started() throws -> Program {
            let program = try start()
            _ = try program.dataPort()
            return program
        }

        @Test func theManagementPortInUseIsNamed() throws {
            let first = try started()
            let port = try first.managementPort()
            let second = try Program(
                [
                    "serve", "--listen", "127.0.0.1:0", "--metrics-port", "\(port)", "--data-dir",
                    "b",
                ],
                in: folder)
            #expect(second.exitCode() == 1)
            #expect(
                second.log.last == "dcs: cannot listen on 127.0.0.1 port \(port) "
                    + "(settings listen, metrics_port): address already in use")
            #expect(!folder.exists("b"))
            stop(first)
        }

        @Test func whileItDrainsTheManagementPortSaysSo() throws {
            let program = try started()
            let client = try HTTPClient(port: program.dataPort())
            try client.send("PUT /cache/slow HTTP/1.1\r\nHost: t\r\nContent-Length: 4\r\n\r\nha")
            let probe = try HTTPClient(port: program.managementPort())
            #expect(
                try HTTPClient(port: program.dataPort()).request("GET", "/livez").status == 200)
            program.send(SIGTERM)
            #expect(program.line(containing: "message=stopping") != nil)
            // The half request keeps the node draining until it is whole.
            var answer = try probe.request("GET", "/readyz")
            while answer.status == 200 { answer = try probe.request("GET", "/readyz") }
            #expect(answer.status == 503)
            #expect(answer.body.contains(#""reason":"draining""#))
            #expect(try probe.request("GET", "/livez").status == 200)
            try client.send("lf")
            #expect(try client.answer().status == 201)
            #expect(program.exitCode() == 0)
        }
    }
}
