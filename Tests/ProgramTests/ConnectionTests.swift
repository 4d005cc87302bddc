import Foundation
import Testing

extension ProgramTests {
    /// `dcs serve` under more clients than do it good.
    struct ConnectionTests {
        private let folder: TemporaryFolder

        init() throws { folder = try TemporaryFolder() }

        /// Descriptors that this process may have, less what the tests beside it need.
        private static let clientsMax: Int = {
            var limit = rlimit()
            getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
            limit.rlim_cur = limit.rlim_max
            setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
            return Int(clamping: limit.rlim_cur) - 1024
        }()

        private func residentBytes(_ program: Program) throws -> Int {
            let status = try String(contentsOfFile: "/proc/\(program.pid)/status", encoding: .utf8)
            let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmRSS") })
            return try #require(Int(line.split(whereSeparator: { !$0.isNumber })[0])) * 1024
        }

        @Test func memoryStaysUnderItsLimitWithIdleConnectionsAndSlowUploads() throws {
            let memory = 256 << 20
            let program = try Program(
                [
                    "serve", "--listen", "127.0.0.1:0", "--set", "max_memory=\(memory)",
                    "--set", "max_connections=12000",
                ], in: folder)
            let port = try program.dataPort()
            let scale = min(1, Double(Self.clientsMax) / 11_000)
            let idle = try (0..<Int(10_000 * scale)).map { _ in try HTTPClient(port: port) }
            let body = String(repeating: "x", count: 12 << 10)
            #expect(try idle[0].request("PUT", "/cache/key", body: body).status == 201)
            // A large answer and a large request on each: no connection keeps the buffers.
            for client in idle {
                #expect(try client.request("GET", "/cache/key").body.utf8.count == body.utf8.count)
                #expect(try client.request("POST", "/cache", body: body).status == 400)
            }
            // Each has sent the first 300 KiB of 16 MiB: all of it would not fit.
            let part = String(repeating: "y", count: 300 << 10)
            var uploads: [HTTPClient] = []
            var refused = 0
            for _ in 0..<Int(1_000 * scale) {
                let client = try HTTPClient(port: port)
                try client.send("PUT /cache/upload HTTP/1.1\r\nHost: t\r\n")
                try client.send("Content-Length: \(16 << 20)\r\n\r\n")
                // A client that is refused meanwhile is told why, and cut.
                do { try client.send(part) } catch { refused += 1 }
                uploads.append(client)
            }
            #expect(try residentBytes(program) <= memory)
            let client = try HTTPClient(port: port)
            #expect(try client.request("GET", "/cache/key").body == body)
            #expect(try client.request("GET", "/livez").status == 200)
            #expect(try residentBytes(program) <= memory)
            print(
                "\(idle.count) idle, \(uploads.count) uploads, \(refused) cut:",
                "\(try residentBytes(program) >> 20) MiB resident of \(memory >> 20)")
        }

        @Test func aConnectionBeyondTheLimitIsTold503() throws {
            let program = try Program(
                ["serve", "--listen", "127.0.0.1:0", "--set", "max_connections=3"], in: folder)
            let port = try program.dataPort()
            let clients = try (0..<3).map { _ in try HTTPClient(port: port) }
            for client in clients { #expect(try client.request("GET", "/livez").status == 200) }
            let fourth = try HTTPClient(port: port)
            #expect(try fourth.answer().status == 503)
            for client in clients { #expect(try client.request("GET", "/livez").status == 200) }
        }
    }
}
