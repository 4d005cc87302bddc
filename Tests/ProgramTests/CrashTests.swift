import Foundation
import Testing

extension ProgramTests {
    /// What a data folder goes through: a kill, a second owner, somebody else's files.
    struct CrashTests {
        private let folder: TemporaryFolder

        init() throws { folder = try TemporaryFolder() }

        private func start(_ more: [String] = []) throws -> Program {
            try Program(["serve", "--listen", "127.0.0.1:0"] + more, in: folder)
        }

        @Test(arguments: ["always", "interval", "never"])
        func aKilledNodeHasEveryAcknowledgedWriteAfterItsRestart(mode: String) throws {
            let first = try start(["--set", "wal_sync=\(mode)"])
            let writer = try HTTPClient(port: try first.dataPort())
            for number in 0..<300 {
                let body = "value \(number) " + String(repeating: "x", count: number * 7)
                #expect(try writer.request("PUT", "/cache/key-\(number)", body: body).status == 201)
            }
            #expect(try writer.request("DELETE", "/cache/key-0").status == 204)
            first.send(SIGKILL)
            #expect(first.exitCode() == -SIGKILL)

            let second = try start(["--set", "wal_sync=\(mode)"])
            let reader = try HTTPClient(port: try second.dataPort())
            #expect(try reader.request("GET", "/cache/key-0").status == 404)
            for number in 1..<300 {
                let body = "value \(number) " + String(repeating: "x", count: number * 7)
                #expect(try reader.request("GET", "/cache/key-\(number)").body == body)
            }
        }

        @Test func theFilesOfAKilledNodeAreReplacedByItsSuccessors() throws {
            let first = try start()
            _ = try first.dataPort()
            first.send(SIGKILL)
            #expect(first.exitCode() == -SIGKILL)
            let left = try folder.text(of: "data/dcs.ports.json")
            #expect(left.contains("\"pid\":\(first.pid)"))
            let second = try start()
            _ = try second.dataPort()
            #expect(try folder.text(of: "data/dcs.ports.json").contains("\"pid\":\(second.pid)"))
        }

        @Test func aSecondNodeOnTheSameFolderIsRefusedAndHarmsNothing() throws {
            let first = try start()
            let client = try HTTPClient(port: try first.dataPort())
            #expect(try client.request("PUT", "/cache/a", body: "1").status == 201)
            let ports = try folder.text(of: "data/dcs.ports.json")
            let second = try start()
            #expect(second.exitCode() == 1)
            #expect(
                second.log.last == "dcs: data folder data: another process has it open; "
                    + "stop that one, or choose another folder with --data-dir")
            #expect(try folder.text(of: "data/dcs.ports.json") == ports)
            #expect(try client.request("GET", "/cache/a").body == "1")
        }

        @Test func aFolderOfOtherFilesIsRefusedAndLeftAsItIs() throws {
            try folder.makeFolder("data")
            try folder.write("dear diary", to: "data/diary.txt")
            let program = try start()
            #expect(program.exitCode() == 1)
            #expect(
                program.log.last?.hasPrefix(
                    "dcs: data folder data: it holds files that are not this store's; ") == true)
            #expect(try folder.text(of: "data/diary.txt") == "dear diary")
            #expect(!folder.exists("data/dcs.ports.json"))
        }

        @Test func aFolderBelowOneThatIsMissingIsMade() throws {
            let program = try start(["--data-dir", "a/b/c"])
            _ = try program.dataPort()
            #expect(folder.exists("a/b/c/dcs.ports.json"))
        }
    }
}
