import Foundation
import Testing

extension ProgramTests {
    /// Full-text search, as clients meet it.
    struct SearchTests {
        private let folder: TemporaryFolder

        init() throws { folder = try TemporaryFolder() }

        private struct Answer: Decodable {
            struct Hit: Decodable {
                var key: String
            }

            var total: Int
            var hits: [Hit]
        }

        private func find(_ query: String, _ node: ClientRig, _ fields: [String] = []) throws
            -> Answer
        {
            let answer = try HTTPClient(port: node.server.dataPort()).request(
                "GET", "/search?limit=100&q=" + query, fields)
            try #require(answer.status == 200, "\(answer.body)")
            return try JSONDecoder().decode(Answer.self, from: Data(answer.body.utf8))
        }

        /// Asks until so many are found: a write is searchable soon, not at once.
        private func find(_ count: Int, of query: String, _ node: ClientRig) throws -> Answer {
            let end = ContinuousClock.now + .seconds(60)
            while true {
                let answer = try find(query, node)
                if answer.total == count { return answer }
                try #require(ContinuousClock.now < end, "\(answer.total) of \(count) are found")
                usleep(5_000)
            }
        }

        @Test func whatIsCachedIsFoundAlsoAfterAKill() throws {
            let node = try ClientRig(in: folder)
            for number in 0..<20 {
                let outcome = try HTTPClient(port: node.server.dataPort()).request(
                    "PUT", "/cache/k\(number)", body: "some words and number\(number)")
                #expect(outcome.status == 201)
            }
            _ = try find(20, of: "words", node)
            #expect(try find("number7", node).hits.map(\.key) == ["k7"])
            #expect(try node.run(["delete", "k7"]).code == 0)
            #expect(try find("number7", node).hits.isEmpty)
            let shown = try node.run(["search", "number8", "--highlight"])
            #expect(shown.code == 0 && shown.lines.count == 3)
            #expect(shown.lines[1].contains("some words and <em>number8</em>"))
            let ready = try HTTPClient(port: node.server.dataPort()).request("GET", "/readyz")
            #expect(
                ready.body
                    == #"{"status":"ready","search":{"complete":true,"segments":0,"segments_indexed":0}}"#
            )
            node.server.send(SIGKILL)
            _ = node.server.exitCode()
            let second = try ClientRig(in: folder)
            #expect(Set(try find(19, of: "words", second).hits.map(\.key)).count == 19)
        }

        @Test func aCallerFindsWhatHeMayRead() throws {
            try folder.write(
                """
                jwt_secret = "c4naryQ9xV2mT7kLw8RzN3pYd6HfJb1s"
                [roles.mine]
                key_prefixes = ["mine/"]
                verbs = ["read", "search"]
                [roles.blind]
                key_prefixes = ["mine/"]
                verbs = ["write"]
                """, to: "config.toml")
            let node = try ClientRig(in: folder)
            func token(_ role: String) throws -> String {
                try ClientRig.run(["token", "--role", role], in: folder).lines.joined()
            }
            let admin = try token("admin")
            for key in ["mine/a", "yours/a"] {
                #expect(try node.run(["put", key, "same word", "--token", admin]).code == 0)
            }
            let client = try HTTPClient(port: node.server.dataPort())
            let field = ["Authorization: Bearer \(try token("mine"))"]
            let end = ContinuousClock.now + .seconds(60)
            while try find("word", node, ["Authorization: Bearer \(admin)"]).total < 2 {
                try #require(ContinuousClock.now < end)
                usleep(5_000)
            }
            let answer = try find("word", node, field)
            #expect(answer.total == 1 && answer.hits.map(\.key) == ["mine/a"])
            #expect(try client.request("GET", "/search?q=word").status == 401)
            let blind = ["Authorization: Bearer \(try token("blind"))"]
            #expect(try client.request("GET", "/search?q=word", blind).status == 403)
        }

        @Test(arguments: [
            "/search", "/search?q=", "/search?q=a&q=b", "/search?q=a&limit=-1",
            "/search?q=a&limit=1e3", "/search?q=a&offset=9999999999", "/search?q=%FF",
            "/search?q=a&highlight=1", "/search?q=%22open", "/search?q=a&limit=10001",
        ])
        func aMalformedSearchIsRefused(target: String) throws {
            let node = try ClientRig(in: folder)
            let client = try HTTPClient(port: node.server.dataPort())
            #expect(try client.request("GET", target).status == 400)
            #expect(try client.request("GET", "/livez").status == 200)
        }
    }
}
