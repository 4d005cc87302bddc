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

        /// Kills the node while commits are on their way: the answers that came are kept, and of the
        /// others the node knows afterwards how they ended.
        @Test(arguments: ["always", "interval", "never"])
        func aKilledNodeKnowsHowItsTransactionsEnded(mode: String) throws {
            let first = try start(["--set", "wal_sync=\(mode)"])
            let client = try HTTPClient(port: try first.dataPort())
            var ids: [String] = []
            for number in 0..<40 {
                let id = try begin(client)
                ids.append(id)
                for key in ["a", "b"] {
                    let target = "/cache/\(key)?transaction_id=\(id)"
                    let status = try client.request("PUT", target, body: "\(number)").status
                    #expect(status == 201 || status == 204)
                }
                if number == 39 { break }
                let body = #"{"transaction_id":"\#(id)"}"#
                if number == 38 {
                    // Its answer is not waited for.
                    try client.send(
                        "POST /transaction/commit HTTP/1.1\r\nHost: test\r\n"
                            + "Content-Length: \(body.utf8.count)\r\n\r\n" + body)
                    break
                }
                let answer = try client.request("POST", "/transaction/commit", body: body)
                #expect(answer.status == 200)
                #expect(answer.head.contains("DCS-Durability: synced"))
            }
            first.send(SIGKILL)
            #expect(first.exitCode() == -SIGKILL)

            let second = try start(["--set", "wal_sync=\(mode)"])
            let reader = try HTTPClient(port: try second.dataPort())
            let value = try reader.request("GET", "/cache/a").body
            #expect(try reader.request("GET", "/cache/b").body == value)
            #expect(value == "37" || value == "38")
            for (number, id) in ids.enumerated() {
                let state = try reader.request("GET", "/transaction/\(id)").body
                let wanted = number <= Int(value) ?? -1 ? "committed" : "rolled_back"
                #expect(state == #"{"transaction_id":"\#(id)","state":"\#(wanted)"}"#)
            }
            #expect(try reader.request("POST", "/transaction/start").status == 200)
        }

        private func begin(_ client: HTTPClient) throws -> String {
            let answer = try client.request("POST", "/transaction/start")
            #expect(answer.status == 200)
            return String(answer.body.dropFirst(#"{"transaction_id":""#.count).dropLast(2))
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
