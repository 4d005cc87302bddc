import CacheBase
import CacheConfig
import CacheEngine
import NIOCore
import NIOPosix
import TestSupport
import Testing

@testable import CacheHTTP
@testable import CacheSecurity

/// `GET /events` over loopback sockets.
@Suite("Events", .serialized, .timeLimit(.minutes(2)))
struct EventTests {
    private struct Running {
        let server: DataServer
        let port: Int
        let engine: Engine

        /// Follows events; returns once the stream has begun.
        func follow(
            _ query: String = "", _ fields: String..., receiveBuffer: Int32? = nil
        ) throws -> (client: Client, preamble: String) {
            let client = try #require(Client(port: port, receiveBuffer: receiveBuffer))
            let lines = fields.map { $0 + "\r\n" }.joined()
            client.send("GET /events\(query) HTTP/1.1\r\nHost: h\r\n\(lines)\r\n")
            let answer = try #require(client.answer())
            #expect(answer.status == 200)
            #expect(answer.head.contains("Content-Type: text/event-stream"))
            return (client, try #require(client.event()))
        }

        @discardableResult
        func put(_ key: String, ttl: UInt64? = nil) throws -> UInt64 {
            try Array(key.utf8).withUnsafeBytes { bytes in
                try engine.put(
                    engine.key(bytes), value: bytes,
                    contentType: UnsafeRawBufferPointer(rebasing: bytes[..<0]),
                    expiry: ttl.map { Expiry(milliseconds: $0, after: engine.clock.now()) }
                        ?? .never
                ).lsn.rawValue
            }
        }

        @discardableResult
        func delete(_ key: String) throws -> UInt64 {
            try Array(key.utf8).withUnsafeBytes {
                try engine.remove(engine.key($0)).lsn.rawValue
            }
        }

        /// Waits for something to become true.
        func await(_ what: () -> Bool) async throws {
            for _ in 0..<2000 where !what() { try await Task.sleep(for: .milliseconds(5)) }
            #expect(what())
        }
    }

    private func serve(
        authenticator: ((Engine) -> Authenticator?)? = nil,
        _ change: (inout DataPlaneSettings) -> Void = { _ in },
        _ body: (Running) async throws -> Void
    ) async throws {
        var settings = DataPlaneSettings()
        change(&settings)
        let store = try TestEngine()
        defer { store.end() }
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
        let server = DataServer(
            engine: store.engine, settings: settings, group: group,
            authenticator: authenticator.flatMap { $0(store.engine) }, control: describeNode)
        let port = try await server.start(address: "127.0.0.1", port: 0)
        do {
            try await body(Running(server: server, port: port, engine: store.engine))
        } catch {
            Issue.record(error)
        }
        await server.drain(within: .seconds(2))
        try await group.shutdownGracefully()
    }

    private static func event(_ kind: String, _ key: String, _ lsn: UInt64) -> String {
        "id: \(lsn)\nevent: \(kind)\n"
            + #"data: {"kind":"\#(kind)","key":"\#(key)","lsn":\#(lsn)}"#
    }

    @Test func putsDeletesAndExpirationsAreToldAsTheyHappen() async throws {
        try await serve { running in
            let before = try running.put("before")
            let (client, preamble) = try running.follow()
            #expect(preamble == "retry: 1000\nid: \(before)")
            let written = try running.put("a\n\"b\"")
            let gone = try running.delete("a\n\"b\"")
            let brief = try running.put("brief", ttl: 1)
            #expect(client.event() == Self.event("put", #"a\n\"b\""#, written))
            #expect(client.event() == Self.event("delete", #"a\n\"b\""#, gone))
            #expect(client.event() == Self.event("put", "brief", brief))
            #expect(client.event() == Self.event("expire", "brief", brief))
        }
    }

    @Test func onlyTheKindsAndKeysAskedForAreTold() async throws {
        try await serve { running in
            let (client, _) = try running.follow("?prefix=team%2F&kind=delete,expire")
            for key in ["team/a", "other", "team"] {
                try running.put(key)
                try running.delete(key)
            }
            try running.put("team/b")
            let last = try running.delete("team/b")
            #expect(client.event()?.contains(#""kind":"delete","key":"team/a""#) == true)
            #expect(client.event() == Self.event("delete", "team/b", last))
        }
    }

    @Test func aStreamGoesOnWhereAnotherEnded() async throws {
        try await serve { running in
            let (first, preamble) = try running.follow()
            let seen = try running.put("a")
            #expect(first.event() == Self.event("put", "a", seen))
            let missed = try running.put("b")
            let (second, start) = try running.follow("", "Last-Event-ID: \(seen)")
            #expect(preamble != start && start == "retry: 1000\nid: \(seen)")
            #expect(second.event() == Self.event("put", "b", missed))
        }
    }

    @Test func aPlaceThatIsNotHeldIsToldFirst() async throws {
        try await serve { running in
            try running.put("a")
            let (client, _) = try running.follow("?kind=put,evict", "Last-Event-ID: 1000000")
            let gap = try #require(client.event())
            #expect(gap.hasPrefix("event: gap\ndata: {\"kinds\":[\"put\",\"evict\"]"))
            let lsn = try running.put("b")
            #expect(client.event() == Self.event("put", "b", lsn))
        }
    }

    /// Whoever reads everything is told of every write once, in order, also where it has to come
    /// back in between.
    @Test func whatSeveralWritersDoIsToldWholeAndInOrder() async throws {
        try await serve { running in
            var (client, preamble) = try running.follow("?kind=put")
            let writers = (0..<3).map { writer in
                BackgroundThread(name: "writer") {
                    for number in 0..<400 { _ = try? running.put("\(writer) \(number)") }
                }
            }
            defer { for writer in writers { writer.join() } }
            var next = [0, 0, 0]
            var last = preamble.split(separator: " ").last.map(String.init) ?? ""
            for count in 1...1200 {
                let event = try #require(client.event())
                let key = try #require(event.split(separator: "\"").dropFirst(7).first)
                let numbers = key.split(separator: " ").compactMap { Int($0) }
                #expect(numbers.count == 2 && next[numbers[0]] == numbers[1], "\(event)")
                next[numbers[0]] += 1
                last = String(event.dropFirst(4).prefix { $0 != "\n" })
                if count % 500 == 0 {
                    client = try running.follow("?kind=put", "Last-Event-ID: \(last)").client
                    // Whether removals are missing is no matter of puts.
                }
            }
            #expect(next == [400, 400, 400])
        }
    }

    @Test func whoDoesNotTakeItsEventsIsDroppedAndToldSo() async throws {
        try await serve({ $0.eventStallMilliseconds = 100 }) { running in
            let (client, _) = try running.follow(receiveBuffer: 4096)
            let padding = String(repeating: "x", count: 4000)
            for number in 0..<2000 { try running.put("\(number) \(padding)") }
            try await running.await { running.server.eventStreams.droppedStreams == 1 }
            var last = ""
            while let event = client.event() { last = event }
            #expect(last.hasPrefix("event: end\ndata: {\"reason\":\"slow\""))
            try await running.await { running.server.eventStreams.count == 0 }
        }
    }

    @Test func thePlacesAreCountedAndGivenBack() async throws {
        try await serve { running in
            var streams = try (0..<HTTPLimits.eventStreamsMax).map { _ in
                try running.follow().client
            }
            let late = try #require(Client(port: running.port))
            late.send("GET /events HTTP/1.1\r\nHost: h\r\n\r\n")
            #expect(late.answer()?.status == 503)
            streams.removeAll()
            try await running.await { running.server.eventStreams.count == 0 }
            late.send("GET /events HTTP/1.1\r\nHost: h\r\n\r\n")
            #expect(late.answer()?.status == 200)
        }
    }

    @Test func aNodeThatStopsSaysSo() async throws {
        try await serve { running in
            let (client, _) = try running.follow()
            let drained = Task(executorPreference: OwnThread()) { [server = running.server] in
                await server.drain(within: .seconds(10))
            }
            let event = client.event()
            #expect(event?.hasPrefix("event: end\ndata: {\"reason\":\"draining\"") == true)
            #expect(client.isEnded())
            await drained.value
        }
    }

    @Test func malformedSubscriptionsAreRefused() {
        let harness = Harness()
        for target in [
            "?kind=", "?kind=put,", "?kind=flush", "?kind=%zz", "?prefix=%", "?prefix=a&prefix=b",
        ] {
            #expect(harness.ask("GET", "/events" + target)?.status == 400, "\(target)")
        }
        for id in ["x", "-1", "1.5", "99999999999999999999999"] {
            #expect(harness.ask("GET", "/events", ["Last-Event-ID: " + id])?.status == 400)
        }
        #expect(harness.ask("POST", "/events", body: "")?.status == 405)
        #expect(harness.ask("HEAD", "/events")?.status == 405)
    }
}

// MARK: - Rights

extension EventTests {
    private static func configuration() throws -> Configuration {
        let file = """
            jwt_secret = "kR7vLx2Qm9TzYw4Ns8Pd3Hf6Jb1Gc5Va"
            [roles.team]
            read = ["team/"]
            deny_read = ["team/secret/"]
            verbs = ["read"]
            """
        return try ConfigurationLoader.load(file: nil, environment: [:], flags: []) {
            path throws(UnreadableFile) in
            guard path == ConfigurationLoader.usualFile else { throw .missing }
            return Array(file.utf8)
        }
    }

    private static func token(
        _ role: String, _ configuration: Configuration, _ clock: Clock, seconds: UInt64 = 3600
    ) throws -> String {
        let minter = try #require(TokenMinter(configuration))
        return "Authorization: Bearer "
            + minter.mint(subject: "t", roles: [role], lasting: seconds, at: clock.now())
    }

    @Test func aCallerIsToldOfTheKeysThatHeMayRead() async throws {
        let configuration = try Self.configuration()
        try await serve(authenticator: { Authenticator(configuration, clock: $0.clock) { _ in } }) {
            running in
            let clock = running.engine.clock
            let team = try Self.token("team", configuration, clock)
            let (client, _) = try running.follow("", team)
            for key in ["other", "team/secret/a", "team", "team/b"] { try running.put(key) }
            let event = try #require(client.event())
            #expect(event.contains(#""key":"team/b""#))
            for (field, status) in [
                ("X: y", 401), (try Self.token("none", configuration, clock), 403),
            ] {
                let stranger = try #require(Client(port: running.port))
                stranger.send("GET /events HTTP/1.1\r\nHost: h\r\n\(field)\r\n\r\n")
                #expect(stranger.answer()?.status == status)
            }
        }
    }

    /// Nothing is told any more once the token has ended, not even what was found before.
    @Test func aStreamEndsWithItsToken() throws {
        let configuration = try Self.configuration()
        let harness = Harness(configuration: configuration)
        let clock = harness.store.clock
        let token = try Self.token("reader", configuration, clock, seconds: 1)
        #expect(harness.send("GET /events HTTP/1.1\r\nHost: h\r\n\(token)\r\n\r\n").isEmpty)
        #expect(harness.isWaiting)
        var page = EventPage()
        page.text.appendEventPosition(LSN(rawValue: 7))
        #expect(harness.resume(.events(page)).hasSuffix(": alive\nid: 7\n\n"))
        #expect(harness.isWaiting && !harness.isClosing)
        clock.advance(milliseconds: 62_000)
        harness.loop.tick()
        let end = harness.resume(.events(page))
        #expect(end.hasPrefix("event: end\ndata: {\"reason\":\"unauthorized\""))
        #expect(harness.isClosing)
    }
}
