import Foundation
import Testing

extension ProgramTests {
    /// `dcs import` and `dcs export`.
    struct ClientTransferTests {
        private let folder: TemporaryFolder

        init() throws { folder = try TemporaryFolder() }

        /// An export's lines by key, without the versions.
        private func entries(_ text: String) throws -> [String: [String: String]] {
            var entries: [String: [String: String]] = [:]
            for line in text.split(separator: "\n") {
                let object = try JSONSerialization.jsonObject(with: Data(line.utf8))
                var entry = try #require(object as? [String: Any])
                entry["lsn"] = nil
                let key = "\(entry["key"] ?? "") \(entry["key_encoding"] ?? "")"
                #expect(entries[key] == nil)
                entries[key] = entry.mapValues { "\($0)" }
            }
            return entries
        }

        private func fill(_ node: ClientRig) throws {
            let client = try HTTPClient(port: node.server.dataPort())
            for number in 0..<1500 {
                let body = "{\"key\":\"entry \(number)\",\"value\":\"\(number) of many\",\"ttl\":0}"
                #expect(try client.request("POST", "/cache", body: body).status == 200)
            }
            let typed = ["Content-Type: image/x"]
            #expect(
                try client.request("PUT", "/cache/typed?ttl=500", typed, body: "ü\n").status == 201)
            for target in ["a%2F%22b%22?ttl=1000.5", "..?ttl=0"] {
                #expect(
                    try client.request("PUT", "/cache/" + target, ["Content-Type: "], body: "v")
                        .status == 201)
            }
            try client.send(
                "PUT /cache/binary?ttl=0 HTTP/1.1\r\nHost: t\r\nContent-Length: 256\r\n\r\n",
                Data((0...255).map { UInt8($0) }))
            #expect(try client.answer().status == 201)
            // Larger than a batch carries.
            let large = String(repeating: "large ", count: 100_000)
            #expect(try client.request("PUT", "/cache/large?ttl=0", body: large).status == 201)
        }

        @Test func anExportImportedIsTheSameExport() throws {
            let source = try ClientRig(in: folder)
            try fill(source)
            #expect(try source.run(["export", "exported"]).code == 0)
            let exported = try folder.text(of: "exported")
            #expect(exported.split(separator: "\n").count == 1505)
            // Line for line what the inspector prints of the same folder.
            let inspector = try Program(
                ["export", "data"], of: "dcs-inspect", in: folder)
            let inspected = inspector.standardOutput()
            #expect(inspector.exitCode() == 0)
            #expect(
                exported.split(separator: "\n").sorted()
                    == inspected.split(separator: "\n").sorted())

            let target = try ClientRig(in: folder, data: "other")
            let outcome = try target.run(["import", "exported"])
            #expect(outcome.code == 0 && outcome.errors.isEmpty)
            #expect(outcome.output == "1505 stored, 0 expired before, 0 refused\n")
            #expect(try target.run(["export", "again"]).code == 0)
            try expect(try entries(folder.text(of: "again")), same: try entries(exported))
            let part = try target.run(["export", "--prefix", "entry 149"])
            #expect(part.lines.count == 11)
        }

        private func expect(
            _ found: [String: [String: String]], same expected: [String: [String: String]]
        ) throws {
            #expect(Set(found.keys) == Set(expected.keys))
            for (key, entry) in expected {
                var (one, other) = (entry, found[key] ?? [:])
                let ends = [one, other].map { $0["expires"].flatMap { Double($0) } ?? 0 }
                // What is left is told in milliseconds, and some pass on the way.
                #expect(abs(ends[0] - ends[1]) < 60_000, "\(key)")
                one["expires"] = nil
                other["expires"] = nil
                #expect(one == other, "\(key)")
            }
        }

        @Test func linesThatAreRefusedAreNamedAndTheOthersStored() throws {
            let node = try ClientRig(["--set", "max_value_size=1000"], in: folder)
            let long = String(repeating: "x", count: 2000)
            let lines = [
                #"{"key":"first","value":"1"}"#, "", "no JSON", #"{"key":"second"}"#,
                #"{"key":"old","value":"1","expires":1000}"#,
                "{\"key\":\"long\",\"value\":\"\(long)\"}",
                "{\"key\":\"long typed\",\"value\":\"\(long)\",\"content_type\":\"a/b\"}",
                #"{"key":"first","value":"2"}"#,
                #"{"key":"//4=","key_encoding":"base64","value":"AA==","encoding":"base64"}"#,
                #"{"key":"first","value":"3","content_type":"a/b"}"#,
                #"{"key":"last","value":"no line end"}"#,
            ]
            let outcome = try node.run(["import"], input: lines.joined(separator: "\n"))
            #expect(outcome.code == 1)
            #expect(outcome.output == "4 stored, 1 expired before, 5 refused\n")
            let numbers = outcome.errors.compactMap { line in
                line.hasPrefix("dcs: line ")
                    ? line.dropFirst("dcs: line ".count).split(separator: ":").first : nil
            }
            #expect(numbers.sorted() == ["3", "4", "6", "7", "9"])
            #expect(outcome.errors.last == "dcs: 5 lines were refused")
            #expect(try node.run(["get", "first"]).output == "3")
            #expect(try node.run(["get", "last"]).output == "no line end")
            #expect(try node.run(["export"]).lines.count == 2)
        }

        @Test func keysThatAreNotTextAreSaidToBeLeftOut() throws {
            let node = try ClientRig(in: folder)
            let client = try HTTPClient(port: node.server.dataPort())
            for key in ["%FF%FE", "text"] {
                #expect(try client.request("PUT", "/cache/" + key, body: "v").status == 201)
            }
            let outcome = try node.run(["export"])
            #expect(outcome.code == 1 && outcome.lines.count == 1)
            #expect(
                outcome.errors == [
                    "dcs: 1 keys that are not UTF-8 were left out; dcs-inspect export prints them"
                ])
        }

        @Test func oneKeyManyTimesKeepsItsLastValue() throws {
            let node = try ClientRig(in: folder)
            let lines = (0..<400).map { number in
                let type = number % 3 == 0 ? ",\"content_type\":\"a/b\"" : ""
                return "{\"key\":\"k\(number % 7)\",\"value\":\"\(number)\"\(type)}"
            }
            let outcome = try node.run(["import", "-"], input: lines.joined(separator: "\n"))
            #expect(outcome.code == 0)
            #expect(outcome.output == "400 stored, 0 expired before, 0 refused\n")
            for number in 393..<400 {
                #expect(try node.run(["get", "k\(number % 7)"]).output == "\(number)")
            }
        }

        @Test func whatCannotBeReadOrWrittenIsNamed() throws {
            let node = try ClientRig(in: folder)
            let missing = try node.run(["import", "none"])
            #expect(missing.code == 1)
            #expect(missing.errors == ["dcs: none: no such file or directory"])
            #expect(try node.run(["put", "k", "v"]).code == 0)
            let full = try node.run(["export", "/dev/full"])
            #expect(full.code == 1)
            #expect(full.errors == ["dcs: /dev/full: no space left on device"])
            let none = try node.run(
                ["import", "-", "--url", "http://127.0.0.1:1"],
                input: #"{"key":"k","value":"v"}"#)
            #expect(none.code == 1 && none.bytes.isEmpty)
        }
    }
}
