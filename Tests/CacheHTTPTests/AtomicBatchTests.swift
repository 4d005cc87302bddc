import CacheBase
import CacheEngine
import CacheNode
import NIOCore
import NIOPosix
import Synchronization
import Testing

@testable import CacheHTTP

@Suite("Atomic batch")
struct AtomicBatchTests {
    static func body(_ operations: String...) -> String {
        #"{"atomic":true,"operations":[\#(operations.joined(separator: ","))]}"#
    }

    static func put(_ key: String, _ value: String) -> String {
        #"{"op":"put","key":"\#(key)","value":"\#(value)"}"#
    }

    static func get(_ key: String) -> String { #"{"op":"get","key":"\#(key)"}"# }
    static func delete(_ key: String) -> String { #"{"op":"delete","key":"\#(key)"}"# }

    @Test func readsSeeTheWritesBeforeThem() {
        let harness = Harness()
        _ = harness.ask("POST", "/cache", body: #"{"key":"old","value":"0"}"#)
        let answer = harness.ask(
            "POST", "/cache/batch",
            body: Self.body(
                Self.get("a"), Self.put("a", "1"), Self.get("a"), Self.put("a", "2"),
                Self.delete("old"), Self.get("old"), Self.delete("old"), Self.get("a")))
        let results = [
            #"{"value":null,"found":false}"#, #"{"success":true}"#,
            #"{"value":"1","found":true}"#, #"{"success":true}"#,
            #"{"success":true,"deleted":true}"#, #"{"value":null,"found":false}"#,
            #"{"success":true,"deleted":false}"#, #"{"value":"2","found":true}"#,
        ]
        #expect(answer?.body == #"{"results":[\#(results.joined(separator: ","))]}"#)
        #expect(answer?.fields["dcs-lsn"] == "2", "one version for all of it")
        #expect(answer?.fields["dcs-durability"] == "log")
        #expect(harness.store.value("a") == Array("2".utf8))
    }

    @Test func aBatchOfReadsHasNoReceipt() {
        let answer = Harness().ask("POST", "/cache/batch", body: Self.body(Self.get("a")))
        #expect(answer?.body == #"{"results":[{"value":null,"found":false}]}"#)
        #expect(answer?.fields["dcs-lsn"] == nil)
        let empty = Harness().ask("POST", "/cache/batch", body: Self.body())
        #expect(empty?.body == #"{"results":[]}"#)
    }

    @Test func coldReadsWaitForTheDiskInOrder() {
        let harness = Harness()
        harness.store.state.withLock { $0.coldKeys = [Array("c".utf8), Array("d".utf8)] }
        harness.store.script(cold: [.wouldBlock, .miss, .wouldBlock])
        let text = Self.body(
            Self.put("a", "1"), Self.get("c"), Self.get("d"), Self.get("c"), Self.get("a"))
        #expect(harness.ask("POST", "/cache/batch", body: text) == nil)
        #expect(harness.diskJob == "c")
        #expect(harness.store.value("a") == Array("1".utf8), "applied while it waits")
        #expect(harness.resume(.found(.make("cold", lsn: 7))) == "")
        #expect(harness.diskJob == "c")
        let answer = Answer.one(harness.resume(.refused(StorageError(.corruption, "test"))))
        let start =
            #"{"results":[{"success":true},{"value":"cold","found":true},"#
            + #"{"value":null,"found":false},{"type":"urn:dcs:error:corruption""#
        #expect(answer?.body.hasPrefix(start) == true, "\(answer?.body ?? "")")
        #expect(answer?.body.hasSuffix(#"},{"value":"1","found":true}]}"#) == true)
        #expect(harness.store.lastLSN == LSN(rawValue: 1), "applied once")
    }

    @Test(arguments: [
        (#"{"op":"put","key":"b","value":"*","encoding":"base64"}"#, 400, "Operation 1,"),
        (#"{"op":"get","key":""}"#, 400, "A key is empty."),
        (#"{"op":"put","key":"b","value":"12345678901"}"#, 413, "Operation 1,"),
        (#"{"op":"put","key":"b","value":1}"#, 400, "not a string"),
        (#"{"op":"increment","key":"b"}"#, 400, "An op is"),
    ])
    func aFlawRefusesTheWhole(operation: String, status: Int, reason: String) {
        var settings = DataPlaneSettings()
        settings.valueBytesMax = 10
        let harness = Harness(settings: settings)
        let text = Self.body(Self.put("a", "1"), operation, Self.put("c", "1"))
        let answer = harness.ask("POST", "/cache/batch", body: text)
        #expect(answer?.status == status)
        #expect(answer?.body.contains(reason) == true, "\(answer?.body ?? "")")
        #expect(harness.store.lastLSN == .zero, "nothing was applied")
        #expect(!harness.isClosing)
    }

    @Test(arguments: [(StorageError.Kind.tooLarge, 413), (.noSpace, 507), (.overloaded, 503)])
    func whatTheStoreRefusesIsRefusedWhole(kind: StorageError.Kind, status: Int) {
        let harness = Harness()
        harness.store.state.withLock { $0.writeError = StorageError(kind, "test") }
        let text = Self.body(Self.put("a", "1"), Self.put("b", "1"))
        #expect(harness.ask("POST", "/cache/batch", body: text)?.status == status)
        #expect(harness.store.value("a") == nil)
    }

    @Test func theAnswerWaitsUntilTheBatchIsDurable() {
        let harness = Harness(always: true)
        let text = Self.body(Self.put("a", "1"), Self.get("a"))
        #expect(harness.ask("POST", "/cache/batch", body: text) == nil)
        let answer = Answer.one(harness.makeDurable(1))
        #expect(answer?.fields["dcs-durability"] == "synced")
        // A batch of reads may show what is not durable yet, so it waits as well.
        _ = harness.ask("POST", "/cache", body: #"{"key":"b","value":"1"}"#)
        #expect(harness.ask("POST", "/cache/batch", body: Self.body(Self.get("b"))) == nil)
        #expect(Answer.all(harness.makeDurable(2))?.map(\.status) == [200, 200])
    }

    @Test func aWaitThatAsksForMoreIsServed() {
        let harness = Harness()
        let text = Self.body(Self.put("a", "1"))
        #expect(harness.ask("POST", "/cache/batch", ["DCS-Wait: synced"], body: text) == nil)
        #expect(harness.store.value("a") == Array("1".utf8))
        #expect(Answer.one(harness.makeDurable(1))?.fields["dcs-durability"] == "synced")
    }

    @Test func theEngineAppliesBatchesOfSeveralConnectionsWhole() async throws {
        let store = try TestEngine(sync: .always)
        defer { store.end() }
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
        let server = DataServer(
            engine: store.engine, settings: DataPlaneSettings(), group: group,
            control: describeNode)
        let port = try await server.start(address: "127.0.0.1", port: 0)
        let clients = (0..<4).compactMap { _ in Client(port: port) }
        #expect(clients.count == 4)
        for round in 0..<20 {
            for (number, client) in clients.enumerated() {
                let value = "\(round).\(number)"
                let text = Self.body(
                    Self.get("x"), Self.get("y"), Self.put("x", value), Self.put("y", value))
                client.send(
                    "POST /cache/batch HTTP/1.1\r\nHost: h\r\n"
                        + "Content-Length: \(text.utf8.count)\r\n\r\n\(text)")
            }
            for client in clients {
                let answer = client.answer()
                #expect(answer?.status == 200)
                let results = String(decoding: answer?.body ?? [], as: UTF8.self)
                    .split(separator: "},{")
                #expect(results.count == 4)
                #expect(results.first?.contains(results.dropFirst().first ?? "?") == true)
            }
        }
        await server.drain(within: .seconds(2))
        try await group.shutdownGracefully()
    }
}
