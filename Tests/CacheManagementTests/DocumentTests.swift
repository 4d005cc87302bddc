import Foundation
import HTTPTypes
import Testing

@testable import CacheManagement

/// The management port's OpenAPI document.
@Suite("Management document")
struct DocumentTests {
    private typealias Object = [String: Any]

    private func document() throws -> Object {
        let parsed = try JSONSerialization.jsonObject(with: Data(ManagementDocument.bytes))
        return try #require(parsed as? Object)
    }

    @Test func namesThePathsAndMethodsOfTheRouter() throws {
        let paths = try #require(try document()["paths"] as? [String: Object])
        for (path, item) in paths {
            let route = ManagementRoute(path: path.replacing("{key}", with: "k"))
            #expect(route != .unknown, "\(path)")
            let described = Set(item.keys.map { $0.uppercased() })
            #expect(described == Set(route.methods.map(\.rawValue)), "\(path)")
        }
        // All but what only browsers ask for.
        #expect(paths.count == 12)
    }

    @Test func everyReferenceLeadsSomewhere() throws {
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
        #expect(references.subtracting(named).isEmpty)
    }

    @Test func theSettingsThatChangeAreDescribed() throws {
        let components = try #require(document()["components"] as? [String: Object])
        let change = try #require(components["schemas"]?["Change"] as? Object)
        let properties = try #require(change["properties"] as? Object)
        #expect(Set(properties.keys) == ManagementRig.liveKeys)
    }
}
