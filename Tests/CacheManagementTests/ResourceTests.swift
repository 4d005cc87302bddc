import CacheBase
import CacheConfig
import CacheEngine
import CacheNode
import Foundation
import Synchronization
import Testing

@testable import CacheManagement

@Suite("Management resources")
struct ResourceTests {
    @Test func everyControlEndpointHasTheNodesOwnBytes() async throws {
        try await ManagementRig.serve { rig in
            let client = try rig.client()
            for endpoint in ControlEndpoint.allCases {
                let own = rig.control.answer(endpoint)
                let answer = try #require(client.ask("GET", "/" + endpoint.rawValue))
                #expect(answer.status == own.status)
                #expect(answer.fields["content-type"] == own.contentType)
                #expect(answer.fields["cache-control"] == "no-store")
                if endpoint.isProbe || endpoint == .nodes {
                    #expect(answer.body == String(decoding: own.body, as: UTF8.self))
                }
                let head = try #require(client.ask("HEAD", "/" + endpoint.rawValue))
                #expect(head.status == own.status && head.body.isEmpty)
                #expect(head.fields["content-length"] != "0")
            }
        }
    }

    @Test func beforeTheStoreIsOpenProbesAnswerAndTheRestIsNotReady() async throws {
        try await ManagementRig.serve(isOpen: false) { rig in
            let client = try rig.client()
            #expect(client.ask("GET", "/livez")?.status == 200)
            #expect(client.ask("GET", "/metrics")?.status == 200)
            #expect(client.ask("GET", "/config")?.status == 200)
            #expect(client.ask("GET", "/")?.status == 200)
            for path in ["/readyz", "/stats", "/nodes", "/entries", "/entries/k"] {
                let answer = client.ask("GET", path)
                #expect(answer?.status == 503)
                #expect(answer?.fields["retry-after"] == "1")
            }
            let patch = client.ask("PATCH", "/config", body: #"{"log_level":"debug"}"#)
            #expect(patch?.status == 503)
        }
    }

    @Test func settingsHaveValuesSourcesAndWhetherTheyChange() async throws {
        try await ManagementRig.serve { rig in
            let client = try rig.client()
            let document = try #require(client.ask("GET", "/config")?.document["settings"])
            let settings = try #require(document as? [String: [String: Any]])
            #expect(Set(settings.keys) == Set(Setting.all.map(\.key)))
            #expect(settings["default_ttl"]?["value"] as? Double == 7)
            #expect(
                settings["default_ttl"]?["source"] as? String
                    == "environment variable DCS_DEFAULT_TTL")
            #expect(settings["max_memory"]?["value"] as? Int == 1 << 30)
            #expect(settings["max_memory"]?["source"] as? String == "default")
            #expect(settings["max_memory"]?["changeable"] as? Bool == true)
            #expect(settings["port"]?["changeable"] as? Bool == false)
            #expect(settings["jwt_secret"]?["value"] is NSNull)
        }
    }

    @Test func aChangeIsAppliedKeptAndAnswered() async throws {
        try await ManagementRig.serve { rig in
            let client = try rig.client()
            let answer = client.ask(
                "PATCH", "/config", body: #"{"max_disk":"128MiB","default_ttl":2.5}"#)
            #expect(answer?.status == 200)
            let settings = answer?.document["settings"] as? [String: [String: Any]]
            #expect(settings?["max_disk"]?["value"] as? Int == 128 << 20)
            #expect(settings?["max_disk"]?["source"] as? String == "run time")
            #expect(rig.engine.statistics().diskBytesMax == 128 << 20)
            let kept = rig.kept.texts.withLock { $0.last }
            #expect(kept?.contains("max_disk = 134217728\ndefault_ttl = 2.5\n") == true)
            #expect(client.ask("PATCH", "/config", body: #"{"max_disk":null}"#)?.status == 200)
            #expect(rig.engine.statistics().diskBytesMax == 10 << 30)
        }
    }

    @Test(arguments: [
        (#"{"port":1}"#, 409, "needs-restart"), (#"{"max_memory":"5TiB"}"#, 409, "needs-restart"),
        (#"{"nothing":1}"#, 400, "bad-request"), (#"{"max_disk":"much"}"#, 400, "bad-request"),
        (#"{"max_disk":[1]}"#, 400, "bad-request"), (#"{"max_disk":{}}"#, 400, "bad-request"),
        ("{}", 400, "bad-request"), ("[]", 400, "bad-request"), ("", 400, "bad-request"),
        (#"{"max_disk":"#, 400, "bad-request"), ("null", 400, "bad-request"),
        (#"{"max_disk":134217728,"port":1}"#, 409, "needs-restart"),
        (#"{"max_disk":134217728,"x":null}"#, 400, "bad-request"),
    ])
    func aWrongChangeIsRefusedWholeWithItsReason(body: String, status: Int, kind: String)
        async throws
    {
        try await ManagementRig.serve { rig in
            let client = try rig.client()
            let answer = client.ask("PATCH", "/config", body: body)
            #expect(answer?.status == status)
            #expect(answer?.fields["content-type"] == "application/problem+json")
            #expect(answer?.document["type"] as? String == "urn:dcs:error:" + kind)
            #expect(answer?.document["status"] as? Int == status)
            #expect(rig.kept.texts.withLock { $0.isEmpty })
            #expect(rig.engine.statistics().diskBytesMax == 64 << 20)
            #expect(client.ask("GET", "/livez")?.status == 200)
        }
    }

    @Test func entriesAreShownAsTheyAre() async throws {
        try await ManagementRig.serve { rig in
            try rig.put("a/b c", Array("<b>ü</b>".utf8), type: "text/html", ttl: 60_000)
            try rig.put("bytes", [0xFF, 0x00, 0xFE])
            try rig.put("long", Array(String(repeating: "ü", count: 200_000).utf8))
            while try rig.engine.flush() {}
            let client = try rig.client()
            let text = try #require(client.ask("GET", "/entries/a%2Fb%20c")?.document)
            #expect(text["key"] as? String == "a/b c")
            #expect(text["value"] as? String == "<b>ü</b>")
            #expect(text["content_type"] as? String == "text/html")
            #expect(text["bytes"] as? Int == 9)
            let ttl = try #require(text["ttl"] as? Double)
            #expect(ttl > 0 && ttl <= 60)
            #expect(text["encoding"] == nil)
            let bytes = try #require(client.ask("GET", "/entries/bytes")?.document)
            #expect(bytes["value"] as? String == "/wD+")
            #expect(bytes["encoding"] as? String == "base64")
            #expect(bytes["ttl"] is NSNull)
            let long = try #require(client.ask("GET", "/entries/long")?.document)
            #expect(long["truncated"] as? Bool == true)
            #expect(long["bytes"] as? Int == 400_000)
            #expect((long["value"] as? String)?.utf8.count == ManagementLimits.shownValueBytesMax)
            #expect(client.ask("GET", "/entries/none")?.status == 404)
            #expect(client.ask("GET", "/entries/%4")?.status == 400)
            #expect(client.ask("GET", "/entries/")?.status == 400)
        }
    }

    @Test func keysAreListedPageByPage() async throws {
        try await ManagementRig.serve { rig in
            for number in 0..<120 { try rig.put("user:\(number)", [1]) }
            try rig.put("other", [1])
            let client = try rig.client()
            var keys: Set<String> = []
            var from: String?
            repeat {
                let place = from.map { "&from=\($0)" } ?? ""
                let page = try #require(
                    client.ask("GET", "/entries?prefix=user%3A&limit=50\(place)")?.document)
                let listed = try #require(page["keys"] as? [[String: Any]])
                #expect(listed.count <= 50)
                #expect(listed.allSatisfy { $0["ttl"] is NSNull && $0["expires"] is NSNull })
                keys.formUnion(listed.compactMap { $0["key"] as? String })
                from = page["next"] as? String
            } while from != nil
            #expect(keys.count == 120)
            for query in [
                "limit=0", "limit=201", "limit=x", "from=x", "prefix=%FF", "limit=1&limit=2",
            ] {
                #expect(client.ask("GET", "/entries?" + query)?.status == 400, "\(query)")
            }
        }
    }

    @Test func searchIsThereWhereTheNodeHasIt() async throws {
        try await ManagementRig.serve { rig in
            let client = try rig.client()
            #expect(client.ask("GET", "/search?q=x")?.status == 404)
        }
        let search: SearchSource = { ControlAnswer(body: Array("{\"q\":\"\($0.query)\"}".utf8)) }
        try await ManagementRig.serve(search: search) { rig in
            let client = try rig.client()
            #expect(client.ask("GET", "/search?q=a+b%2B")?.body == #"{"q":"a b+"}"#)
            #expect(client.ask("GET", "/search")?.status == 400)
        }
    }
}
