import Foundation
import Testing

extension ProgramTests {
    /// The client commands, as a person meets them.
    struct ClientTests {
        private let folder: TemporaryFolder

        init() throws { folder = try TemporaryFolder() }

        @Test func anEntryIsWrittenReadAndRemoved() throws {
            let node = try ClientRig(in: folder)
            let created = try node.run(["put", "a/b ü", "hello", "--content-type", "text/plain"])
            #expect(created.code == 0 && created.output == "created version 1\n")
            #expect(try node.run(["get", "a/b ü"]).output == "hello")
            let replaced = try node.run(["put", "a/b ü", "again", "--ttl", "2m"])
            #expect(replaced.output == "replaced version 2\n")
            let head = try node.run(["get", "a/b ü", "--head"])
            #expect(head.code == 0 && head.lines.count == 4)
            #expect(head.lines.first == "version       2")
            #expect(head.lines[2] == "bytes         5")
            let left = head.lines[3].split(separator: " ").last.flatMap { Int($0) }
            #expect((100...120).contains(left ?? 0))
            let deleted = try node.run(["delete", "a/b ü"])
            #expect(deleted.code == 0 && deleted.output == "deleted\n")
            for command in [["get", "a/b ü"], ["get", "a/b ü", "--head"], ["delete", "a/b ü"]] {
                let miss = try node.run(command)
                #expect(miss.code == 1 && miss.bytes.isEmpty)
                #expect(miss.errors == ["dcs: no entry of the key \"a/b ü\""])
            }
        }

        @Test func bytesAreNeitherChangedNorAddedTo() throws {
            let node = try ClientRig(in: folder)
            let bytes = Data((0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 31 ^ $0 >> 8) })
            try bytes.write(to: URL(fileURLWithPath: folder.path + "/in"))
            #expect(try node.run(["put", "large", "--file", "in"]).code == 0)
            #expect(try node.run(["get", "large", "--output", "out"]).code == 0)
            #expect(FileManager.default.contents(atPath: folder.path + "/out") == bytes)
            try bytes.prefix(500).write(to: URL(fileURLWithPath: folder.path + "/in"))
            #expect(try node.run(["put", "small", "--file", "in"]).code == 0)
            #expect(try node.run(["get", "small"]).bytes == bytes.prefix(500))
            #expect(try node.run(["put", "piped", "-"], input: "from a pipe\n").code == 0)
            #expect(try node.run(["get", "piped"]).output == "from a pipe\n")
            #expect(try node.run(["put", "empty", ""]).code == 0)
            #expect(try node.run(["get", "empty"]).bytes.isEmpty)
        }

        @Test func aMissLeavesTheFileAsItIs() throws {
            let node = try ClientRig(in: folder)
            try folder.write("kept", to: "out")
            #expect(try node.run(["get", "nobody", "--output", "out"]).code == 1)
            #expect(try folder.text(of: "out") == "kept")
            #expect(try node.run(["put", "k", "v"]).code == 0)
            let refused = try node.run(["get", "k", "--output", "none/out"])
            #expect(refused.code == 1)
            #expect(refused.errors == ["dcs: none/out: no such file or directory"])
        }

        @Test func aConditionThatIsNotMetChangesNothing() throws {
            let node = try ClientRig(in: folder)
            #expect(try node.run(["put", "k", "1", "--if-absent"]).code == 0)
            let second = try node.run(["put", "k", "2", "--if-absent"])
            #expect(second.code == 1 && second.bytes.isEmpty)
            #expect(second.errors.first?.contains("Not applied. (412)") == true)
            #expect(try node.run(["put", "k", "2", "--if-match", "7"]).code == 1)
            #expect(try node.run(["get", "k"]).output == "1")
            let matching = try node.run(["put", "k", "2", "--if-match", "1", "--wait", "synced"])
            #expect(matching.code == 0)
            #expect(try node.run(["get", "k"]).output == "2")
        }

        @Test func figuresAreTablesForPeopleAndJSONForPrograms() throws {
            let node = try ClientRig(in: folder)
            #expect(try node.run(["put", "k", "v"]).code == 0)
            let stats = try node.run(["stats"])
            #expect(stats.code == 0 && stats.lines.contains("entries            1"))
            #expect(stats.lines.contains { $0.hasPrefix("memory             ") })
            let json = try node.run(["stats", "--format", "json"])
            let document = try JSONSerialization.jsonObject(with: json.bytes) as? [String: Any]
            #expect(document?["entries"] as? Int == 1)
            let nodes = try node.run(["nodes"])
            #expect(nodes.lines.count == 2 && nodes.lines[0].hasPrefix("NODE  "))
            #expect(nodes.lines[1].contains("127.0.0.1:\(try node.server.dataPort())  ready"))
            let raw = try HTTPClient(port: node.server.dataPort()).request("GET", "/nodes")
            #expect(try node.run(["nodes", "--format", "json"]).output == raw.body + "\n")
        }

        @Test func searchSaysWhereThereIsNone() throws {
            let node = try ClientRig(["--set", "search_enabled=false"], in: folder)
            let outcome = try node.run(["search", "word"])
            #expect(outcome.code == 1 && outcome.bytes.isEmpty)
            #expect(outcome.errors.first?.hasPrefix("dcs: \(node.url) has no search: ") == true)
        }

        @Test(arguments: ["bash", "zsh", "fish"])
        func completionsKnowTheCommands(shell: String) throws {
            let outcome = try ClientRig.run(["completions", shell], in: folder)
            #expect(outcome.code == 0)
            for word in ["serve", "import", "if-absent", "management-url"] {
                #expect(outcome.output.contains(word), "\(word)")
            }
        }

        @Test(arguments: [
            "get", "put", "delete", "search", "stats", "nodes", "top", "import", "export",
            "completions",
        ])
        func helpSaysHowACommandIsCalled(command: String) throws {
            let outcome = try ClientRig.run([command, "--help"], in: folder)
            #expect(outcome.code == 0 && outcome.errors.isEmpty)
            #expect(outcome.output.contains("USAGE: dcs \(command)"))
        }

        @Test(arguments: [
            ["get"], ["get", "k", "more"], ["get", "k", "--head", "--output", "f"], ["put", "k"],
            ["put", "k", "v", "--file", "f"], ["put", "k", "v", "--ttl", "soon"],
            ["put", "k", "v", "--if-absent", "--if-match", "1"], ["put", "k", "v", "--wait", "x"],
            ["put", "k", "v", "--if-match", "x"], ["stats", "--format", "xml"],
            ["search", "q", "--limit", "-1"], ["top", "--interval", "1ms"],
            ["completions", "csh"], ["get", "k", "--url", "127.0.0.1:50051"],
            ["get", "k", "--token", "two words"], ["get", "k", "--ca", "none.pem"],
            ["export", "--management-url", "x"],
        ])
        func aWrongCommandLineEndsWithTwo(arguments: [String]) throws {
            let outcome = try ClientRig.run(arguments, in: folder)
            #expect(outcome.code == 2)
            #expect(outcome.bytes.isEmpty && !outcome.errors.isEmpty)
        }
    }
}
