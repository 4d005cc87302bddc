import Foundation
import Testing

extension ProgramTests {
    /// `dcs-inspect` on folders that are checked in, and on one that a server has left.
    struct InspectTests {
        private static let tests = URL(fileURLWithPath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent()
        /// When the fixtures were written, and a while.
        private static let time = ["--at", "1800000060000"]

        private let folder: TemporaryFolder

        init() throws { folder = try TemporaryFolder() }

        private struct Outcome {
            let code: Int32
            let output: String
            let errors: [String]
        }

        private func inspect(_ arguments: [String]) throws -> Outcome {
            let program = try Program(arguments, of: "dcs-inspect", in: folder)
            let code = program.exitCode()
            return Outcome(code: code, output: program.standardOutput(), errors: program.log)
        }

        private func copy(_ fixture: String) throws {
            let source = Self.tests.appendingPathComponent("CacheInspectTests/Fixtures/v1/")
                .appendingPathComponent(fixture)
            try FileManager.default.copyItem(
                atPath: source.path, toPath: folder.path + "/" + fixture)
        }

        private func files(_ fixture: String) throws -> [String: Data] {
            let root = folder.path + "/" + fixture
            var found: [String: Data] = [:]
            for name in try FileManager.default.subpathsOfDirectory(atPath: root) {
                found[name] = FileManager.default.contents(atPath: root + "/" + name)
            }
            return found
        }

        // MARK: Golden outputs

        private static let commands: [(name: String, arguments: [String])] = {
            let tables = ["segments", "wal", "transactions", "verify"].flatMap { command in
                ["text", "json", "ndjson"].map { format in
                    ("\(command).\(format)", [command, "orderly", "--format", format])
                }
            }
            let timed = ["entries", "stats"].flatMap { command in
                ["text", "json", "ndjson"].map { format in
                    ("\(command).\(format)", [command, "orderly", "--format", format] + time)
                }
            }
            let others: [(String, [String])] = [
                ("get.text", ["get", "orderly", "digits 0"]),
                ("get.json", ["get", "orderly", "noise", "--format", "json"]),
                ("get.ndjson", ["get", "orderly", "//4=", "--base64", "--format", "ndjson"]),
                ("export.ndjson", ["export", "orderly"] + time),
                ("search.text", ["search", "orderly", "*", "--limit", "3"] + time),
                ("search.json", ["search", "orderly", "*", "--format", "json"] + time),
                ("export.json", ["export", "orderly", "--format", "json"] + time),
                ("killed-wal.json", ["wal", "killed", "--format", "json"]),
                ("killed-verify.text", ["verify", "killed"]),
                ("repair.json", ["repair", "killed", "--to", "new", "--format", "json"] + time),
                ("repair.text", ["repair", "orderly", "--to", "new"] + time),
                ("schema.json", ["schema"]),
            ]
            return tables + timed + others
        }()

        @Test(arguments: commands.map(\.name))
        func theOutputIsStable(name: String) throws {
            try copy("orderly")
            try copy("killed")
            let command = try #require(Self.commands.first { $0.name == name })
            let before = try (files("orderly"), files("killed"))
            let outcome = try inspect(command.arguments)
            // The killed store ends in a torn record, which a repair tells of.
            #expect(outcome.code == (name == "repair.json" ? 1 : 0), "\(outcome.errors)")
            let golden = Self.tests.appendingPathComponent("ProgramTests/Golden/" + name)
            if ProcessInfo.processInfo.environment["DCS_WRITE_GOLDEN"] != nil {
                try outcome.output.write(to: golden, atomically: true, encoding: .utf8)
            }
            #expect(try outcome.output == String(contentsOf: golden, encoding: .utf8))
            let after = try (files("orderly"), files("killed"))
            #expect(before == after, "the folder is not touched")
        }

        @Test func theOutputIsAsTheSchemaSays() throws {
            let golden = Self.tests.appendingPathComponent("ProgramTests/Golden/").path
            let schema = try JSONSchema(contentsOfFile: golden + "/schema.json")
            let names = try FileManager.default.contentsOfDirectory(atPath: golden)
            var documents = 0
            for name in names where name.hasSuffix(".json") && name != "schema.json" {
                let text = try String(contentsOfFile: golden + "/" + name, encoding: .utf8)
                #expect(try schema.problems(ofText: text) == [], "\(name)")
                documents += 1
            }
            for name in names where name.hasSuffix(".ndjson") {
                let command = String(name.dropLast(".ndjson".count))
                let part = ["get", "stats"].contains(command) ? "summary" : "row"
                for line in try String(contentsOfFile: golden + "/" + name, encoding: .utf8)
                    .split(separator: "\n")
                {
                    let found = try schema.problems(
                        ofText: String(line), definition: "\(command)_\(part)")
                    #expect(found == [], "\(name)")
                    documents += 1
                }
            }
            #expect(documents > 20)
            // A check that refuses nothing would prove nothing.
            #expect(try schema.problems(ofText: #"{"command":"segments","rows":[{}]}"#) != [])
            #expect(try schema.problems(ofText: #"{"command":"unheard of"}"#) != [])
        }

        // MARK: Exit codes

        @Test func damageIsNamedAndEndsWithOne() throws {
            try copy("orderly")
            let path = folder.path + "/orderly/segments/0000000000000001.seg"
            var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
            bytes[100] ^= 1
            try bytes.write(to: URL(fileURLWithPath: path))
            let outcome = try inspect(["verify", "orderly"])
            #expect(outcome.code == 1)
            #expect(
                outcome.output.hasPrefix(
                    "segments/0000000000000001.seg:64: a block fails its checksum"))
            let export = try inspect(["export", "orderly"] + Self.time)
            #expect(export.code == 1)
            #expect(export.errors.contains { $0.contains("0000000000000001.seg:64: ") })
            let repair = try inspect(["repair", "orderly", "--to", "new"] + Self.time)
            #expect(repair.code == 1)
            #expect(repair.output.contains("entries lost: "))
            #expect(try inspect(["verify", "new"]).code == 0)
        }

        @Test func aDamagedSearchFileIsNamedAndEndsWithZero() throws {
            try copy("orderly")
            try folder.write("no index", to: "orderly/segments/0000000000000001.fts")
            let outcome = try inspect(["verify", "orderly"])
            #expect(outcome.code == 0)
            let place = "segments/0000000000000001.fts:0: "
            #expect(outcome.output.hasPrefix(place + "the search file is damaged or cut"))
            let lines = try inspect(["verify", "orderly", "--format", "ndjson"])
            #expect(lines.output.contains(#""harmless":true"#))
            let schema = try JSONSchema(
                contentsOfFile: Self.tests.path + "/ProgramTests/Golden/schema.json")
            #expect(try schema.problems(ofText: lines.output, definition: "verify_row") == [])
            #expect(try inspect(["repair", "orderly", "--to", "new"] + Self.time).code == 0)
        }

        @Test(arguments: [
            ["get", "orderly", "nobody"], ["verify", "nowhere"], ["segments", "nowhere"],
            ["repair", "orderly", "--to", "orderly"],
        ])
        func whatIsNotThereEndsWithOne(arguments: [String]) throws {
            try copy("orderly")
            let outcome = try inspect(arguments)
            #expect(outcome.code == 1)
            #expect(outcome.output == "" && !outcome.errors.isEmpty)
        }

        @Test(arguments: [
            [], ["unheard-of", "orderly"], ["segments"], ["segments", "orderly", "--format", "x"],
            ["get", "orderly"], ["get", "orderly", "?", "--base64"], ["repair", "orderly"],
            ["export", "orderly", "--format", "text"], ["verify", "orderly", "--threads", "0"],
            ["search", "orderly", "x", "--language", "klingon"],
        ])
        func aWrongCommandLineEndsWithTwo(arguments: [String]) throws {
            let outcome = try inspect(arguments)
            #expect(outcome.code == (arguments.isEmpty ? 0 : 2))
        }

        // MARK: With a server

        @Test func anExportLoadedIntoAnEmptyServerGivesTheSameEntries() throws {
            try copy("orderly")
            let exported = try entries("orderly")
            #expect(exported.count > 10)
            let server = try Program(
                ["serve", "--listen", "127.0.0.1:0", "--data-dir", "empty"], in: folder)
            let client = try HTTPClient(port: try server.dataPort())
            for entry in exported.values {
                let type = entry.type.map { "Content-Type: \($0)\r\n" } ?? ""
                try client.send(
                    "PUT /cache/\(entry.path)?ttl=\(entry.secondsLeft ?? 0) HTTP/1.1\r\nHost: test\r\n"
                        + type + "Content-Length: \(entry.value.count)\r\n\r\n", entry.value)
                #expect(try client.answer().status == 201)
            }
            // Beside the running server, then after it.
            try expect(try entries("empty"), same: exported)
            server.send(SIGTERM)
            #expect(server.exitCode() == 0)
            try expect(try entries("empty"), same: exported)
            #expect(try inspect(["verify", "empty"]).code == 0)
        }

        private func expect(_ found: [String: Exported], same expected: [String: Exported]) throws {
            #expect(Set(found.keys) == Set(expected.keys))
            for (key, entry) in expected {
                let other = try #require(found[key])
                #expect(other.value == entry.value && other.type == entry.type)
                #expect((other.secondsLeft == nil) == (entry.secondsLeft == nil), "\(key)")
                // Since the export a little of it has passed.
                let passed = (entry.secondsLeft ?? 0) - (other.secondsLeft ?? 0)
                #expect((0...300).contains(passed), "\(key)")
            }
        }

        private struct Exported {
            /// The key, percent-encoded.
            let path: String
            let value: Data
            let type: String?
            /// Rounded up; nil where it never ends.
            let secondsLeft: Int?
        }

        private func entries(_ name: String) throws -> [String: Exported] {
            let outcome = try inspect(
                ["export", name] + (name == "orderly" ? Self.time : []))
            #expect(outcome.code == 0)
            let now = name == "orderly" ? 1_800_000_060_000 : Date().timeIntervalSince1970 * 1000
            var found: [String: Exported] = [:]
            for line in outcome.output.split(separator: "\n") {
                let object = try JSONTree(text: String(line))
                let key = try #require(object["key"]?.string)
                let text = try #require(object["value"]?.string)
                let isBase64 = object["encoding"]?.string == "base64"
                let bytes =
                    object["key_encoding"]?.string == "base64"
                    ? try #require(Data(base64Encoded: key)) : Data(key.utf8)
                found[key] = Exported(
                    path: bytes.map { String(format: "%%%02x", $0) }.joined(),
                    value: try #require(isBase64 ? Data(base64Encoded: text) : Data(text.utf8)),
                    type: object["content_type"]?.string,
                    secondsLeft: object["expires"]?.double.map {
                        Int((($0 - now) / 1000).rounded(.up))
                    })
            }
            return found
        }
    }
}
