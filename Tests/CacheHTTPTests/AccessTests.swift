import CacheBase
import CacheConfig
import CacheEngine
import Testing

@testable import CacheHTTP
@testable import CacheSecurity

/// Tokens and roles on the data port.
struct AccessTests {
    private let configuration: Configuration
    private let harness: Harness

    init() throws {
        configuration = try Self.configuration()
        harness = Harness(configuration: configuration)
    }

    private static func configuration() throws -> Configuration {
        let file = """
            jwt_secret = "kR7vLx2Qm9TzYw4Ns8Pd3Hf6Jb1Gc5Va"
            [roles.team]
            verbs = ["read", "write", "delete"]
            key_prefixes = ["team/"]
            read = ["shared/"]
            deny_read = ["team/secret/"]
            """
        return try ConfigurationLoader.load(file: nil, environment: [:], flags: []) {
            path throws(UnreadableFile) in
            guard path == ConfigurationLoader.usualFile else { throw .missing }
            return Array(file.utf8)
        }
    }

    private func token(_ roles: String..., seconds: UInt64 = 3600) -> String {
        let minter = TokenMinter(configuration)!
        let token = minter.mint(
            subject: "test", roles: roles, lasting: seconds, at: harness.store.clock.now())
        return "Authorization: Bearer " + token
    }

    @Test func withoutATokenNothingIsDoneButProbesAnswer() throws {
        let calls = [
            ("GET", "/cache/k", nil), ("HEAD", "/cache/k", nil), ("PUT", "/cache/k", "v"),
            ("DELETE", "/cache/k", nil), ("GET", "/cache?key=k", nil),
            ("POST", "/cache", #"{"key":"k","value":"v"}"#), ("DELETE", "/cache?key=k", nil),
            ("POST", "/cache/batch", #"{"operations":[]}"#), ("POST", "/transaction/start", ""),
            ("POST", "/transaction/commit", #"{"transaction_id":"x"}"#),
            ("POST", "/transaction/rollback", #"{"transaction_id":"x"}"#),
            ("GET", "/transaction/x", nil),
        ]
        for (method, path, body) in calls {
            let answer = try #require(harness.ask(method, path, body: body))
            #expect(answer.status == 401)
            #expect(answer.fields["www-authenticate"] == "Bearer realm=\"dcs\"")
            #expect(answer.fields["connection"] == nil)
        }
        for path in ["/livez", "/readyz", "/healthz", "/openapi.json"] {
            #expect(harness.ask("GET", path)?.status == 200)
        }
        #expect(harness.ask("GET", "/nothing")?.status == 404)
        #expect(harness.store.lastLSN == .zero)
        let counters = try #require(harness.loop.tokens?.authenticator.counters)
        #expect(counters[.missing] == UInt64(calls.count))
    }

    @Test func aBadTokenIsToldSoAsTheStandardSays() throws {
        let good = token("admin")
        for bad in [good + "x", "Authorization: Bearer x.y.z", "Authorization: Basic dTpw"] {
            let answer = try #require(harness.ask("GET", "/cache/k", [bad]))
            #expect(answer.status == 401)
            #expect(
                answer.fields["www-authenticate"]
                    == "Bearer realm=\"dcs\", error=\"invalid_token\", "
                    + "error_description=\"The token is not one of ours.\"")
            #expect(answer.body.contains("urn:dcs:error:unauthorized"))
        }
        let short = token("admin", seconds: 1)
        #expect(harness.ask("GET", "/cache/k", [short])?.status == 404)
        harness.store.clock.advance(milliseconds: 62_000)
        harness.loop.tick()
        let expired = try #require(harness.ask("GET", "/cache/k", [short]))
        #expect(expired.status == 401)
        #expect(expired.fields["www-authenticate"]?.contains("The token has expired.") == true)
        #expect(harness.ask("GET", "/cache/k", [good, good])?.status == 400)
    }

    @Test func aRoleMayDoWhatItSays() throws {
        let expected: [(role: String, read: Int, write: Int, delete: Int)] = [
            ("writer", 404, 201, 204), ("reader", 404, 403, 403), ("admin", 404, 201, 204),
            ("none", 403, 403, 403), ("unheard-of", 403, 403, 403),
        ]
        for (role, read, write, delete) in expected {
            let token = token(role)
            #expect(harness.ask("GET", "/cache/k", [token])?.status == read)
            #expect(harness.ask("HEAD", "/cache/k", [token])?.status == read)
            #expect(harness.ask("PUT", "/cache/k", [token], body: "v")?.status == write)
            let post = harness.ask("POST", "/cache", [token], body: #"{"key":"k","value":"v"}"#)
            #expect(post?.status == (write == 201 ? 200 : 403))
            #expect(harness.ask("DELETE", "/cache/k", [token])?.status == delete)
        }
        #expect(harness.ask("PUT", "/cache/k", [token()], body: "v")?.status == 201)
    }

    @Test func keysOutsideOfARolesPrefixesAreForbidden() throws {
        let team = token("team")
        for (method, key, status) in [
            ("PUT", "team/a", 201), ("GET", "team/a", 200), ("PUT", "team%2Fa", 204),
            ("GET", "shared/a", 404), ("PUT", "shared/a", 403), ("DELETE", "shared/a", 403),
            ("GET", "other", 403), ("GET", "team", 403), ("PUT", "team/secret/a", 201),
            ("GET", "team/secret/a", 403), ("DELETE", "team/secret/a", 204),
            ("GET", "%74eam/a", 200),
            ("GET", "Team/a", 403),
        ] {
            let body = method == "PUT" ? "v" : nil
            let answer = try #require(harness.ask(method, "/cache/" + key, [team], body: body))
            #expect(answer.status == status, "\(method) \(key)")
            guard status == 403 else { continue }
            #expect(
                answer.fields["www-authenticate"]
                    == "Bearer realm=\"dcs\", error=\"insufficient_scope\"")
        }
        #expect(harness.ask("GET", "/cache?key=team%2Fa", [team])?.status == 200)
        #expect(harness.ask("GET", "/cache?key=other", [team])?.status == 403)
        #expect(harness.ask("DELETE", "/cache?key=other", [team])?.status == 403)
        let escaped = #"{"key":"\u006fther","value":"v"}"#
        #expect(harness.ask("POST", "/cache", [team], body: escaped)?.status == 403)
        #expect(harness.loop.tokens?.authenticator.counters.forbidden == 9)
    }

    @Test func aBatchIsJudgedByOperationAndAnAtomicOneAsAWhole() throws {
        let team = token("team")
        let operations = #"""
            "operations":[{"op":"put","key":"team/a","value":"1"},{"op":"put","key":"b","value":"2"},
            {"op":"get","key":"team/a"},{"op":"get","key":"c"},{"op":"delete","key":"d"}]
            """#
        let answer = try #require(
            harness.ask("POST", "/cache/batch", [team], body: "{\(operations)}"))
        #expect(answer.status == 200)
        #expect(
            answer.body.hasPrefix(
                #"{"results":[{"success":true},{"type":"urn:dcs:error:forbidden""#))
        #expect(answer.body.contains(#"{"value":"1","found":true}"#))
        #expect(answer.body.components(of: "urn:dcs:error:forbidden") == 3)
        let before = harness.store.lastLSN
        let atomic = try #require(
            harness.ask("POST", "/cache/batch", [team], body: "{\"atomic\":true,\(operations)}"))
        #expect(atomic.status == 403)
        #expect(atomic.body.contains("Operation 1, counted from 0"))
        #expect(harness.store.lastLSN == before)
        let allowed = #"{"atomic":true,"operations":[{"op":"put","key":"team/z","value":"1"}]}"#
        #expect(harness.ask("POST", "/cache/batch", [team], body: allowed)?.status == 200)
    }

    /// Inside a transaction each call is judged as outside; an atomic batch as a whole, and then
    /// nothing of it is in the transaction.
    @Test func aTransactionLetsNobodyDoMore() throws {
        let engine = try EngineHarness.make()
        let authenticator = Authenticator(configuration, clock: engine.store.clock) { _ in }
        let harness = EngineHarness(
            store: engine.store, settings: DataPlaneSettings(), authenticator: authenticator)
        let minter = try #require(TokenMinter(configuration))
        func token(_ role: String) -> [String] {
            [
                "Authorization: Bearer "
                    + minter.mint(
                        subject: "t", roles: [role], lasting: 3600, at: engine.store.clock.now())
            ]
        }
        let team = token("team")
        let start = try harness.call("POST", "/transaction/start", team, body: "")
        let id = String(try #require(start?.body).dropFirst(19).dropLast(2))
        let query = "?transaction_id=" + id
        func status(_ method: String, _ path: String, _ body: String? = nil) throws -> Int? {
            try harness.call(method, path, team, body: body)?.status
        }
        #expect(try status("PUT", "/cache/team/a" + query, "v") == 201)
        #expect(try status("PUT", "/cache/other" + query, "v") == 403)
        #expect(try status("GET", "/cache/other" + query) == 403)
        #expect(try status("DELETE", "/cache/other" + query) == 403)
        let operations = #"[{"op":"put","key":"team/b","value":"1"},{"op":"get","key":"other"}]"#
        let batch = #"{"transaction_id":"\#(id)","atomic":true,"operations":\#(operations)}"#
        #expect(try status("POST", "/cache/batch", batch) == 403)
        let naming = #"{"transaction_id":"\#(id)"}"#
        for path in ["/transaction/start", "/transaction/commit", "/transaction/rollback"] {
            let body = path.hasSuffix("start") ? "" : naming
            #expect(try harness.call("POST", path, token("none"), body: body)?.status == 403)
        }
        #expect(try harness.call("GET", "/transaction/" + id, token("none"))?.status == 403)
        #expect(try status("POST", "/transaction/commit", naming) == 200)
        #expect(try status("GET", "/cache/team/a") == 200)
        #expect(try status("GET", "/cache/team/b") == 404)
        harness.store.close()
    }

    /// Who may not write sends no body that is kept.
    @Test func aBodyIsRefusedBeforeItIsRead() throws {
        for field in ["X: y", token("reader")] {
            let status = field == "X: y" ? 401 : 403
            let head =
                "PUT /cache/k HTTP/1.1\r\nHost: h\r\n\(field)\r\nContent-Length: 1000000\r\n\r\n"
            let harness = Harness(configuration: configuration)
            #expect(Answer.one(harness.send(head))?.status == status)
            #expect(harness.isClosing)
        }
        let small = "PUT /cache/k HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\n"
        #expect(Answer.one(harness.send(small))?.status == 401)
        #expect(!harness.isClosing)
        #expect(harness.send("body").isEmpty)
        #expect(harness.ask("GET", "/livez")?.status == 200)
        let chunked = "PUT /cache/k HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
        #expect(Answer.one(harness.send(chunked + "4\r\nbody\r\n0\r\n\r\n"))?.status == 401)
        let expecting =
            "PUT /cache/k HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n"
        #expect(Answer.one(harness.send(expecting))?.status == 401)
    }

    /// Requests of several bearers on one connection, as a proxy sends them, are kept apart.
    @Test func eachRequestOfAConnectionIsJudgedByItsOwnToken() {
        let writer = token("writer")
        let reader = token("reader")
        for _ in 0..<3 {
            #expect(harness.ask("PUT", "/cache/k", [writer], body: "v")?.status ?? 0 < 300)
            #expect(harness.ask("PUT", "/cache/k", [reader], body: "v")?.status == 403)
            #expect(harness.ask("PUT", "/cache/k", body: "v")?.status == 401)
            #expect(harness.ask("GET", "/cache/k", [reader])?.status == 200)
        }
        let two =
            "GET /cache/k HTTP/1.1\r\nHost: h\r\n\(writer)\r\n\r\n"
            + "GET /cache/k HTTP/1.1\r\nHost: h\r\n\r\n"
        #expect(Answer.all(harness.send(two))?.map(\.status) == [200, 401])
    }

    /// A request that was let in stays in, however long it waits: a write that was applied must
    /// not be answered as if it had been refused.
    @Test func whatWasGrantedAtTheStartHoldsToTheEnd() throws {
        let token = token("writer", seconds: 1)
        let head = "PUT /cache/k HTTP/1.1\r\nHost: h\r\n\(token)\r\nDCS-Wait: synced\r\n"
        #expect(harness.send(head + "Content-Length: 1\r\n\r\nv").isEmpty)
        #expect(harness.isWaiting)
        harness.store.clock.advance(milliseconds: 600_000)
        harness.loop.tick()
        #expect(Answer.one(harness.makeDurable(1))?.status == 201)
        #expect(harness.ask("GET", "/cache/k", [token])?.status == 401)
    }

    /// A request whose key is being fetched waits in its place, and for a limited time.
    @Test func aRequestWaitsForTheKeysOfItsToken() throws {
        var configuration = configuration
        configuration.jwtSecret = nil
        configuration.jwksURL = "https://keys.example/jwks"
        let clock = harness.store.clock
        let ring = KeyRing(clock: clock, fetch: Self.never, observer: { _ in })
        let authenticator = Authenticator(configuration, clock: clock, ring: ring)
        let waiting = Harness(
            store: MemoryStore(), settings: DataPlaneSettings(), authenticator: authenticator)
        let header = Base64URL.encode(#"{"alg":"ES256","kid":"k"}"#.utf8)
        let token = "Authorization: Bearer \(header).e30.AAAA"
        let head = "PUT /cache/k HTTP/1.1\r\nHost: h\r\n\(token)\r\nContent-Length: 1\r\n\r\n"
        #expect(waiting.send(head + "v" + "GET /livez HTTP/1.1\r\nHost: h\r\n\r\n").isEmpty)
        #expect(waiting.isWaiting)
        #expect(waiting.resume(.again).isEmpty)
        #expect(waiting.isWaiting)
        let answers = try #require(Answer.all(waiting.resume(.expired) + waiting.takeAll()))
        #expect(answers.map(\.status) == [503, 200])
        #expect(answers.first?.fields["retry-after"] == "1")
        #expect(answers.first?.body.contains("urn:dcs:error:keys-unavailable") == true)
        #expect(waiting.store.lastLSN == .zero)
    }

    /// A fetch that does not end while the test runs.
    private static func never() async throws(KeyFetchError) -> [UInt8] {
        let (stream, continuation) = AsyncStream<Never>.makeStream()
        for await _ in stream {}
        continuation.finish()
        throw KeyFetchError("too late")
    }

    @Test func withoutAuthenticationAnyFieldIsIgnored() {
        let open = Harness()
        #expect(open.ask("PUT", "/cache/k", ["Authorization: Bearer x"], body: "v")?.status == 201)
        #expect(open.ask("GET", "/cache/k")?.status == 200)
    }
}

extension String {
    /// How often `part` occurs.
    fileprivate func components(of part: String) -> Int { ranges(of: part).count }
}
