import Foundation
import Testing

@testable import CacheHTTP

@Suite("OpenAPI document")
struct OpenAPITests {
    private typealias Object = [String: Any]

    private static let methods: [(name: String, method: CacheHTTP.Method)] = [
        ("get", .get), ("head", .head), ("put", .put), ("post", .post), ("delete", .delete),
        ("options", .options), ("patch", .other),
    ]

    private func document() throws -> Object {
        let answer = try #require(Harness().ask("GET", "/openapi.json"))
        #expect(answer.status == 200)
        #expect(answer.fields["content-type"] == "application/json")
        let parsed = try JSONSerialization.jsonObject(with: Data(answer.body.utf8))
        return try #require(parsed as? Object)
    }

    @Test func namesExactlyThePathsAndMethodsOfTheRouter() throws {
        let paths = try #require(try document()["paths"] as? [String: Object])
        var described: [Route] = []
        for (path, item) in paths {
            let route = withBytes(path.replacing("{key}", with: "k")) { Route($0) }
            #expect(route != .unknown, "\(path)")
            described.append(route)
            for (name, method) in Self.methods {
                let isKnown = route.allow(refusing: method) == nil
                #expect((item[name] != nil) == isKnown, "\(name) \(path)")
            }
        }
        for route in Route.allCases where route != .unknown { #expect(described.contains(route)) }
    }

    @Test func everyReferenceLeadsSomewhereAndEveryComponentIsUsed() throws {
        let document = try document()
        var references: Set<String> = []
        func walk(_ value: Any) {
            if let reference = (value as? Object)?["$ref"] as? String {
                references.insert(reference)
            }
            (value as? Object)?.values.forEach(walk)
            (value as? [Any])?.forEach(walk)
        }
        walk(document)
        let components = try #require(document["components"] as? [String: Object])
        let named = components.flatMap { kind, members in
            members.keys.map { "#/components/\(kind)/\($0)" }
        }
        #expect(references.subtracting(named).isEmpty, "these lead nowhere")
        // A status that HEAD cannot have is described once for nobody.
        let unused = Set(named).subtracting(references).filter {
            !$0.contains("responses/Head") && !$0.contains("/securitySchemes/")
        }
        #expect(unused.isEmpty)
    }

    @Test func everyErrorOfEveryOperationIsAProblem() throws {
        let document = try document()
        let components = try #require(document["components"] as? [String: [String: Object]])
        let paths = try #require(document["paths"] as? [String: Object])
        for (path, item) in paths {
            for (name, _) in Self.methods {
                guard let operation = item[name] as? Object else { continue }
                let responses = try #require(operation["responses"] as? [String: Object])
                #expect(Set(["200", "201", "204"]).isDisjoint(with: responses.keys) == false)
                for (status, response) in responses where status >= "400" {
                    let reference = try #require(response["$ref"] as? String, "\(name) \(path)")
                    let target = reference.split(separator: "/").last.map(String.init) ?? ""
                    let content = components["responses"]?[target]?["content"] as? Object
                    let types = content.map { Array($0.keys) } ?? []
                    #expect(types == (name == "head" ? [] : ["application/problem+json"]))
                }
            }
        }
    }

    @Test func exactlyTheCallsThatNeedATokenSaySo() throws {
        let document = try document()
        #expect((document["security"] as? [Object])?.first?["token"] != nil)
        let paths = try #require(document["paths"] as? [String: Object])
        for (path, item) in paths {
            let route = withBytes(path.replacing("{key}", with: "k")) { Route($0) }
            for (name, _) in Self.methods {
                guard let operation = item[name] as? Object else { continue }
                let responses = try #require(operation["responses"] as? Object)
                #expect((operation["security"] == nil) == route.needsToken, "\(name) \(path)")
                #expect((responses["401"] != nil) == route.needsToken, "\(name) \(path)")
                #expect((responses["403"] != nil) == route.needsToken, "\(name) \(path)")
            }
        }
    }

    @Test func operationIdentifiersAreUnique() throws {
        let paths = try #require(try document()["paths"] as? [String: Object])
        let names = paths.values.flatMap { item in
            item.values.compactMap { ($0 as? Object)?["operationId"] as? String }
        }
        #expect(names.count >= 18)
        #expect(Set(names).count == names.count)
    }

    @Test func headHasTheSameLengthAndOtherMethodsAreRefused() throws {
        let harness = Harness()
        let get = harness.ask("GET", "/openapi.json")
        let head = harness.ask("HEAD", "/openapi.json")
        #expect(head?.status == 200)
        #expect(head?.body == "")
        #expect(head?.fields["content-length"] == get?.fields["content-length"])
        let post = harness.ask("POST", "/openapi.json", body: "{}")
        #expect(post?.status == 405)
        #expect(post?.fields["allow"] == "GET, HEAD")
        #expect(!harness.isClosing)
    }
}
