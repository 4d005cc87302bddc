import CacheNode
import Foundation
import Synchronization
import Testing

@testable import CacheManagement

@Suite("Management server")
struct ServerTests {
    private static let paths = [
        "/", "/dashboard.css", "/dashboard.js", "/browse.js", "/config", "/stats", "/metrics",
        "/nodes", "/livez", "/readyz", "/entries", "/entries/none", "/openapi.json", "/nothing",
    ]

    @Test func everyAnswerIsProtected() async throws {
        try await ManagementRig.serve { rig in
            let client = try rig.client()
            for path in Self.paths {
                let answer = try #require(client.ask("GET", path), "\(path)")
                let policy = try #require(answer.fields["content-security-policy"])
                #expect(
                    policy.contains("default-src 'none'") && policy.contains("script-src 'self'"))
                #expect(policy.contains("frame-ancestors 'none'") && !policy.contains("unsafe"))
                #expect(answer.fields["x-content-type-options"] == "nosniff")
                #expect(answer.fields["cache-control"] == "no-store")
                #expect(answer.fields["access-control-allow-origin"] == nil)
            }
        }
    }

    @Test func thePageLoadsNothingFromElsewhere() async throws {
        try await ManagementRig.serve { rig in
            let client = try rig.client()
            for file in DashboardFile.allCases {
                let answer = try #require(client.ask("GET", file.rawValue))
                #expect(answer.status == 200 && !answer.body.isEmpty)
                let outside = answer.body.replacing("http://www.w3.org/2000/svg", with: "")
                #expect(!outside.contains("http://") && !outside.contains("https://"))
                #expect(!answer.body.contains("innerHTML"))
            }
        }
    }

    @Test func wrongPathsAndMethodsAreToldSo() async throws {
        try await ManagementRig.serve { rig in
            let client = try rig.client()
            #expect(client.ask("GET", "/nothing")?.status == 404)
            #expect(client.ask("GET", "/livez/")?.status == 404)
            let post = client.ask("POST", "/config", body: "")
            #expect(post?.status == 405)
            #expect(post?.fields["allow"] == "GET, HEAD, PATCH")
            #expect(client.ask("DELETE", "/entries/k")?.status == 405)
            #expect(client.ask("HEAD", "/dashboard/events")?.status == 405)
            #expect(client.ask("GET", "/stats?a=1&a=2")?.status == 400)
        }
    }

    @Test func bodiesHaveALimit() async throws {
        try await ManagementRig.serve { rig in
            let large = String(repeating: " ", count: ManagementLimits.bodyBytesMax + 1)
            #expect(try rig.client().ask("PATCH", "/config", body: large)?.status == 413)
            let coded = try rig.client().ask(
                "PATCH", "/config", ["Content-Encoding: gzip"], body: "{}")
            #expect(coded?.status == 415)
        }
    }

    @Test func headsHaveALimit() async throws {
        try await ManagementRig.serve { rig in
            let wide = try rig.client()
            wide.send("GET /livez HTTP/1.1\r\nX: " + String(repeating: "x", count: 20 << 10))
            #expect(wide.ends())
            let many = try rig.client()
            let fields = (0...100).map { "X-\($0): x" }
            let answer = many.ask("GET", "/livez", fields)
            #expect(answer == nil || answer?.status == 400)
            #expect(many.ends())
        }
    }

    /// Which rights each path asks for, and what a refusal looks like.
    @Test func rightsAreAskedForBeforeAnythingElse() async throws {
        let asked = Mutex<[String: ManagementRight]>([:])
        let access: ManagementAccess = { authorization, right in
            asked.withLock { $0[authorization ?? ""] = right }
            switch (authorization, right) {
            case (_, .open), ("Bearer admin", _), ("Bearer reader", .reader): return .granted
            case ("Bearer reader", .admin): return .forbidden
            default: return .unauthenticated
            }
        }
        let expected: [(String, anyone: Int, reader: Int, admin: Int)] = [
            ("/livez", 200, 200, 200), ("/readyz", 200, 200, 200), ("/healthz", 200, 200, 200),
            ("/", 200, 200, 200), ("/dashboard.js", 200, 200, 200),
            ("/openapi.json", 200, 200, 200),
            ("/metrics", 401, 200, 200), ("/stats", 401, 200, 200), ("/nodes", 401, 200, 200),
            ("/config", 401, 403, 200), ("/entries", 401, 403, 200),
            ("/entries/none", 401, 403, 404), ("/search?q=x", 401, 403, 404),
            ("/nothing", 404, 404, 404),
        ]
        try await ManagementRig.serve(access: access) { rig in
            let client = try rig.client()
            for (path, anyone, reader, admin) in expected {
                let refused = client.ask("GET", path)
                #expect(refused?.status == anyone, "\(path)")
                #expect((refused?.fields["www-authenticate"] != nil) == (anyone == 401))
                for (token, status) in [("reader", reader), ("admin", admin)] {
                    let answer = client.ask("GET", path, ["Authorization: Bearer \(token)"])
                    #expect(answer?.status == status, "\(path) as \(token)")
                }
            }
            #expect(client.ask("GET", "/dashboard/events")?.status == 401)
            let patch = client.ask(
                "PATCH", "/config", ["Authorization: Bearer reader"],
                body: #"{"log_level":"debug"}"#)
            #expect(patch?.status == 403)
            #expect(rig.kept.texts.withLock { $0.isEmpty })
        }
        #expect(asked.withLock { $0["Bearer admin"] != nil })
    }

    @Test func aFeedBeginsWithWhatWasAndGoesOn() async throws {
        try await ManagementRig.serve { rig in
            let client = try rig.client()
            client.send("GET /dashboard/events HTTP/1.1\r\nHost: h\r\n\r\n")
            let head = try #require(client.text(upTo: "\r\n\r\n"))
            #expect(head.hasPrefix("HTTP/1.1 200"))
            #expect(head.lowercased().contains("content-type: text/event-stream"))
            let history = try #require(client.text(upTo: "\n\n"))
            #expect(history.contains("event: history\ndata: {\"search\":false,"))
            let sample = try #require(client.text(upTo: "\n\n"))
            let data = try #require(sample.split(separator: "data: ").last)
            let figures = try #require(
                try JSONSerialization.jsonObject(with: Data(data.utf8)) as? [String: Any])
            #expect(figures["entries"] as? Int == 0)
            #expect((figures["sync_times"] as? [Int])?.count == 18)
        }
    }

    @Test func feedsHaveALimitAndMakeRoomWhenTheyEnd() async throws {
        try await ManagementRig.serve { rig in
            func follow() throws -> (ManagementClient, Int) {
                let client = try rig.client()
                client.send("GET /dashboard/events HTTP/1.1\r\nHost: h\r\n\r\n")
                let head = try #require(client.text(upTo: "\r\n\r\n"))
                return (client, Int(head.dropFirst(9).prefix(3)) ?? 0)
            }
            var open: [ManagementClient] = []
            for _ in 0..<ManagementLimits.feedsMax {
                let (client, status) = try follow()
                #expect(status == 200)
                open.append(client)
            }
            #expect(try follow().1 == 503)
            open.removeLast()
            // The server knows of it with its next sample at the latest.
            var status = 503
            for _ in 0..<200 where status == 503 {
                let next = try follow()
                status = next.1
                if status == 503 { try await Task.sleep(for: .milliseconds(50)) }
            }
            #expect(status == 200)
        }
    }

    @Test func aStopEndsFeedsAndIdleConnections() async throws {
        try await ManagementRig.serve { rig in
            let feed = try rig.client()
            feed.send("GET /dashboard/events HTTP/1.1\r\nHost: h\r\n\r\n")
            #expect(feed.text(upTo: "\n\n") != nil)
            let idle = try rig.client()
            #expect(idle.ask("GET", "/livez")?.status == 200)
            await rig.server.stop()
            #expect(feed.ends())
            #expect(idle.ends())
            #expect(ManagementClient(port: rig.port) == nil)
        }
    }

    @Test func aPortInUseIsRefused() async throws {
        try await ManagementRig.serve { rig in
            let other = ManagementServer(
                ManagementServer.Node(
                    control: rig.control,
                    settings: try ManagementRig.makeSettings(rig.engine, rig.kept),
                    access: { _, _ in .granted }),
                logger: ManagementRig.logger)
            await #expect(throws: (any Error).self) {
                try await other.start(address: "127.0.0.1", port: rig.port)
            }
            #expect(try rig.client().ask("GET", "/livez")?.status == 200)
        }
    }
}
