import CacheEngine
import CacheNode
import NIOCore
import NIOPosix
import TestSupport
import Testing

@testable import CacheHTTP

/// The server over loopback sockets.
@Suite("Data server", .serialized)
struct ServerTests {
    static let live = "GET /livez HTTP/1.1\r\nHost: h\r\n\r\n"

    static func put(_ key: String, _ count: Int) -> String {
        "PUT /cache/\(key) HTTP/1.1\r\nHost: h\r\nContent-Length: \(count)\r\n\r\n"
    }

    /// Runs `body` against a server on a free port and ends the server.
    private func serve(
        loops: Int = 2, _ change: (inout DataPlaneSettings) -> Void = { _ in },
        _ body: (Int, DataServer) async throws -> Void
    ) async throws {
        var settings = DataPlaneSettings()
        change(&settings)
        let store = try TestEngine()
        defer { store.end() }
        let group = MultiThreadedEventLoopGroup(numberOfThreads: loops)
        let server = DataServer(
            engine: store.engine, settings: settings, group: group, control: describeNode)
        let port = try await server.start(address: "127.0.0.1", port: 0)
        do {
            try await body(port, server)
            await server.drain(within: .seconds(2))
            #expect(server.connectionCount == 0)
        } catch {
            await server.drain(within: .zero)
            try await group.shutdownGracefully()
            throw error
        }
        try await group.shutdownGracefully()
    }

    @Test func pipelinedRequestsOfManyConnections() async throws {
        try await serve { port, server in
            let clients = try (0..<50).map { _ in try #require(Client(port: port)) }
            for (index, client) in clients.enumerated() {
                var text = Self.put("k\(index)", 4) + "v\(index)".padding(to: 4)
                for _ in 0..<20 { text += "GET /cache/k\(index) HTTP/1.1\r\nHost: h\r\n\r\n" }
                client.send(text)
            }
            for (index, client) in clients.enumerated() {
                #expect(client.answer()?.status == 201)
                for _ in 0..<20 {
                    let answer = client.answer()
                    #expect(answer?.status == 200)
                    #expect(answer?.body == Array("v\(index)".padding(to: 4).utf8))
                }
            }
            #expect(server.connectionCount == 50)
        }
    }

    @Test func largeValuesGoInAndOutWhole() async throws {
        try await serve { port, _ in
            let client = try #require(Client(port: port, receiveBuffer: 8192))
            let value = (0..<(16 << 20)).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
            client.send(Self.put("k", value.count))
            #expect(client.send(value) == value.count)
            #expect(client.answer()?.status == 201)
            let get = "GET /cache/k HTTP/1.1\r\nHost: h\r\n\r\n"
            client.send(get + Self.live + get)
            for wanted in [value, Array(#"{"endpoint":"livez"}"#.utf8), value] {
                let answer = client.answer()
                #expect(answer?.status == 200)
                #expect(answer?.body == wanted)
            }
        }
    }

    @Test func aRefusalReachesAClientThatIsStillSending() async throws {
        try await serve({ $0.valueBytesMax = 1000 }) { port, _ in
            let client = try #require(Client(port: port))
            client.send(Self.put("k", 5_000_000))
            client.send([UInt8](repeating: 0x78, count: 1_000_000))
            #expect(client.answer()?.status == 413)
            #expect(client.isEnded())
        }
    }

    @Test func aClientMayEndItsSideFirst() async throws {
        try await serve { port, _ in
            let client = try #require(Client(port: port))
            client.send(Self.live + Self.live)
            client.endSending()
            #expect(client.answer()?.status == 200)
            #expect(client.answer()?.status == 200)
            #expect(client.isEnded())
        }
    }

    @Test func closeIsClose() async throws {
        try await serve { port, _ in
            let client = try #require(Client(port: port))
            client.send("GET /livez HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n" + Self.live)
            #expect(client.answer()?.status == 200)
            #expect(client.isEnded())
        }
    }

    @Test func connectionsBeyondTheLimitAreToldSo() async throws {
        try await serve({ $0.connectionsMax = 2 }) { port, _ in
            let first = try #require(Client(port: port))
            let second = try #require(Client(port: port))
            for client in [first, second] {
                client.send(Self.live)
                #expect(client.answer()?.status == 200)
            }
            let third = try #require(Client(port: port))
            third.send(Self.live)
            let answer = third.answer()
            #expect(answer?.status == 503)
            #expect(answer?.head.contains("Retry-After: 1") == true)
            #expect(third.isEnded())
            first.send(Self.live)
            #expect(first.answer()?.status == 200)
        }
    }

    @Test func slowHeadsAndIdleConnectionsAreEnded() async throws {
        try await serve({
            $0.headMilliseconds = 300
            $0.idleMilliseconds = 300
        }) { port, _ in
            let slow = try #require(Client(port: port))
            let idle = try #require(Client(port: port))
            slow.send("GET /livez HT")
            #expect(slow.answer()?.status == 408)
            #expect(slow.isEnded())
            #expect(idle.isEnded())
        }
    }

    @Test func aReadWaitsForAnotherConnectionsWrite() async throws {
        try await serve({ $0.waitMilliseconds = 5000 }) { port, _ in
            let reader = try #require(Client(port: port))
            let writer = try #require(Client(port: port))
            reader.send("GET /cache/k HTTP/1.1\r\nHost: h\r\nDCS-Min-LSN: 1\r\n\r\n")
            writer.send(Self.put("k", 1) + "v")
            #expect(writer.answer()?.status == 201)
            #expect(reader.answer()?.body == Array("v".utf8))
        }
    }

    @Test func aWaitInVainIsAnswered() async throws {
        try await serve({ $0.waitMilliseconds = 100 }) { port, _ in
            let client = try #require(Client(port: port))
            client.send("GET /cache/k HTTP/1.1\r\nHost: h\r\nDCS-Min-LSN: 9\r\n\r\n" + Self.live)
            #expect(client.answer()?.status == 504)
            #expect(client.answer()?.status == 200)
        }
    }

    @Test func drainingEndsIdleConnectionsAndFinishesBegunRequests() async throws {
        // On one loop: when the idle connection has ended, the other one's requests are the last.
        try await serve(loops: 1) { port, server in
            let idle = try #require(Client(port: port))
            let busy = try #require(Client(port: port))
            idle.send(Self.live)
            #expect(idle.answer()?.status == 200)
            busy.send(Self.live + Self.put("k", 3) + "a")
            #expect(busy.answer()?.status == 200)
            let drained = Task(executorPreference: OwnThread()) {
                await server.drain(within: .seconds(10))
            }
            #expect(idle.isEnded())
            busy.send("bc" + Self.live)
            let answer = busy.answer()
            #expect(answer?.status == 201)
            #expect(answer?.head.contains("Connection: close") == true)
            #expect(busy.isEnded())
            #expect(Client(port: port) == nil, "nobody listens any more")
            await drained.value
        }
    }

    @Test func settingsReachEveryLoop() async throws {
        try await serve { port, server in
            var settings = DataPlaneSettings()
            settings.defaultTTLMilliseconds = 0
            server.update(settings)
            for _ in 0..<4 {
                let client = try #require(Client(port: port))
                client.send(Self.put("k", 1) + "v" + "GET /cache/k HTTP/1.1\r\nHost: h\r\n\r\n")
                #expect(client.answer() != nil)
                #expect(client.answer()?.head.contains("max-age") == false)
            }
        }
    }
}

extension String {
    fileprivate func padding(to count: Int) -> String {
        self + String(repeating: ".", count: count - utf8.count)
    }
}
