import CacheBase
import Synchronization
import Testing

@testable import CacheEngine
@testable import CacheHTTP

/// Answers leave in the order of their requests, whatever each of them waits for.
@Suite("Order of answers")
struct OrderTests {
    static func get(_ key: String) -> String { "GET /cache?key=\(key) HTTP/1.1\r\nHost: h\r\n\r\n" }

    static func put(_ key: String, _ value: String, _ field: String = "") -> String {
        let length = "Content-Length: \(value.utf8.count)\r\n"
        return "PUT /cache/\(key) HTTP/1.1\r\nHost: h\r\n\(field)\(length)\r\n\(value)"
    }

    @Test func pipelinedRequestsAreAnsweredInOrderAtAnySplit() throws {
        let text =
            Self.put("a", "1") + Self.get("a") + Self.put("a", "2") + Self.get("a")
            + "DELETE /cache/a HTTP/1.1\r\nHost: h\r\n\r\n" + Self.get("a")
        let wanted = Harness().send(text)
        #expect(Answer.all(wanted)?.map(\.status) == [201, 200, 204, 200, 204, 200])
        let bytes = Array(text.utf8)
        for split in 1..<bytes.count {
            let harness = Harness()
            let first = harness.send(Array(bytes[..<split]))
            #expect(first + harness.send(Array(bytes[split...])) == wanted)
        }
    }

    @Test func aColdReadHoldsUpWhatFollows() {
        let harness = Harness()
        _ = harness.send(Self.put("a", "1") + Self.put("b", "2"))
        harness.store.script(.cold, cold: [.wouldBlock])
        #expect(harness.send(Self.get("a") + Self.get("b") + Self.get("c")) == "")
        #expect(harness.diskJob == "a")
        #expect(harness.send(Self.get("a")) == "", "more input waits too")
        let entry = FetchedEntry.make("slow", lsn: 7)
        let answers = Answer.all(harness.resume(.found(entry)))
        let bodies = [
            #"{"value":"slow","found":true}"#, #"{"value":"2","found":true}"#,
            #"{"value":null,"found":false}"#, #"{"value":"1","found":true}"#,
        ]
        #expect(answers?.map(\.body) == bodies)
    }

    @Test func coldReadsThatNeedNotWaitAnswerAtOnce() {
        let harness = Harness()
        _ = harness.send(Self.put("a", "1"))
        harness.store.script(.cold, cold: [.hit])
        #expect(harness.send(Self.get("a")).hasSuffix(#"{"value":"1","found":true}"#))
        harness.store.script(.cold, cold: [.miss])
        #expect(harness.send(Self.get("a")).hasSuffix(#"{"value":null,"found":false}"#))
        harness.store.script(.cold, .cold, cold: [.moved, .moved])
        #expect(harness.send(Self.get("a")).hasSuffix(#"{"value":"1","found":true}"#))
        harness.store.script(.cold, cold: [.failed(StorageError(.corruption, "test"))])
        #expect(Answer.one(harness.send(Self.get("a")))?.status == 500)
    }

    @Test(arguments: ["again", "missed", "refused"])
    func coldReadsEndInOtherWays(how: String) {
        let harness = Harness()
        _ = harness.send(Self.put("a", "1"))
        harness.store.script(.cold, cold: [.wouldBlock])
        #expect(harness.send(Self.get("a")) == "")
        let answer: String
        switch how {
        case "again": answer = harness.resume(.again)
        case "missed": answer = harness.resume(.missed)
        default: answer = harness.resume(.refused(StorageError(.io, "test")))
        }
        let wanted = ["again": 200, "missed": 200, "refused": 500][how]
        #expect(Answer.one(answer)?.status == wanted)
        #expect(answer.contains(#""1""#) == (how == "again"))
    }

    @Test func rawReadsComeBackFromTheDiskWithTheirConditions() {
        let harness = Harness()
        harness.store.script(.cold, cold: [.wouldBlock])
        let get = "GET /cache/a HTTP/1.1\r\nHost: h\r\nRange: bytes=1-2\r\nIf-Match: \"7\"\r\n\r\n"
        #expect(harness.send(get) == "")
        let answer = Answer.one(harness.resume(.found(.make("slow", type: "text/x", lsn: 7))))
        #expect(answer?.status == 206)
        #expect(answer?.body == "lo")
        #expect(answer?.fields["content-type"] == "text/x")
    }

    @Test func anEntryThatKeepsMovingIsGivenUp() {
        let harness = Harness()
        for _ in 0..<HTTPLimits.movedReadsMax { harness.store.script(.cold, cold: [.moved]) }
        #expect(Answer.one(harness.send(Self.get("a")))?.status == 503)
    }

    @Test func writesWaitForTheirSyncAndHoldUpWhatFollows() {
        let harness = Harness(always: true)
        #expect(harness.send(Self.get("x")).hasSuffix("false}"))
        #expect(harness.send(Self.put("a", "1") + Self.get("x") + Self.put("b", "2")) == "")
        #expect(harness.isHolding)
        let first = Answer.all(harness.makeDurable(1))
        #expect(first?.map(\.status) == [201, 200])
        #expect(first?.first?.fields["dcs-durability"] == "synced")
        #expect(harness.send(Self.get("x")) == "", "behind the second write")
        #expect(Answer.all(harness.makeDurable(2))?.map(\.status) == [201, 200])
        #expect(!harness.isHolding)
    }

    @Test func aClientThatNeverPausesIsAnsweredAllTheSame() {
        let harness = Harness(always: true)
        var answers = ""
        for round in 1...20 {
            answers += harness.send(Self.put("a", "\(round)"))
            if round > 1 { answers += harness.makeDurable(UInt64(round - 1)) }
        }
        #expect(Answer.all(answers)?.count == 19)
        #expect(Answer.all(harness.makeDurable(20))?.count == 1)
    }

    @Test func aReadOfWhatIsNotDurableWaits() {
        let harness = Harness(always: true)
        _ = harness.send(Self.put("a", "1"))
        harness.store.script(.notDurable(LSN(rawValue: 1)))
        #expect(harness.send(Self.get("a") + Self.get("b")) == "")
        #expect(Answer.all(harness.makeDurable(1))?.map(\.status) == [201, 200, 200])
    }

    @Test func aFailedSyncTellsThatTheOutcomeIsUnknown() {
        let harness = Harness(always: true)
        _ = harness.send(Self.put("a", "1") + Self.put("b", "2"))
        let answer = Answer.one(harness.failDurability())
        #expect(answer?.status == 503)
        #expect(answer?.body.contains("unknown-outcome") == true)
        #expect(harness.isFinished)
    }

    @Test(arguments: ["synced", "quorum", "all"])
    func aWaitThatAsksForMoreIsServed(word: String) {
        let harness = Harness()
        #expect(harness.send(Self.put("a", "1", "DCS-Wait: \(word)\r\n") + Self.get("a")) == "")
        #expect(harness.store.state.withLock { $0.syncRequests } == [LSN(rawValue: 1)])
        #expect(harness.store.value("a") == Array("1".utf8), "applied while it waits")
        let answers = Answer.all(harness.makeDurable(1))
        #expect(answers?.map(\.status) == [201, 200])
        #expect(answers?.first?.fields["dcs-durability"] == "synced")
        #expect(harness.store.lastLSN == LSN(rawValue: 1), "applied once")
    }

    @Test func aWaitThatEndsTooSoonSaysWhatWasReached() {
        let harness = Harness()
        _ = harness.send(Self.put("a", "1", "DCS-Wait: synced\r\n"))
        let answer = Answer.one(harness.resume(.expired))
        #expect(answer?.status == 504)
        #expect(answer?.body.contains("Applied") == true)
        #expect(answer?.fields["dcs-lsn"] == "1")
        #expect(answer?.fields["dcs-durability"] == "log")
        #expect(harness.send(Self.get("a")).contains(#""1""#))
    }

    @Test func aReadWaitsForTheVersionThatItWants() {
        let harness = Harness()
        _ = harness.send(Self.put("a", "1"))
        let get = "GET /cache/a HTTP/1.1\r\nHost: h\r\nDCS-Min-LSN: 2\r\n\r\n"
        #expect(harness.send(get) == "")
        #expect(harness.isWaiting)
        harness.store.state.withLock { $0.lsn = LSN(rawValue: 2) }
        #expect(Answer.one(harness.resume(.again))?.status == 200)
        #expect(Answer.one(harness.send(get))?.status == 200)
        #expect(harness.send(get.replacing("LSN: 2", with: "LSN: 3")) == "")
        #expect(Answer.one(harness.resume(.expired))?.status == 504)
    }

    @Test func aWriteThatAsksForAVersionMayHaveToWait() {
        let harness = Harness(always: true)
        _ = harness.send(Self.put("a", "1"))
        _ = harness.makeDurable(1)
        let text = ["2", "3"].map { Self.put("a", $0, "If-Match: \"1\"\r\n") }.joined()
        #expect(harness.send(text) == "", "carried out, and not durable")
        let answers = Answer.all(harness.makeDurable(2))
        #expect(answers?.map(\.status) == [204, 412])
        harness.store.state.withLock { $0.writeError = StorageError(.noSpace, "test") }
        let refused = harness.ask("DELETE", "/cache/a", ["If-Match: \"2\""])
        #expect(refused?.status == 507)
    }

    @Test func batchesGoOnWhereTheyWaited() {
        let harness = Harness()
        _ = harness.send(Self.put("c", "3"))
        harness.store.script(.cold, .cold, cold: [.wouldBlock, .wouldBlock])
        let body = """
            {"operations":[{"op":"put","key":"a","value":"1"},{"op":"get","key":"x"},\
            {"op":"get","key":"y"},{"op":"get","key":"a"}]}
            """
        let head = "POST /cache/batch HTTP/1.1\r\nHost: h\r\nDCS-Wait: synced\r\n"
        #expect(harness.send(head + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)") == "")
        #expect(harness.diskJob == "x")
        #expect(harness.resume(.found(.make("slow", lsn: 1))) == "")
        #expect(harness.diskJob == "y")
        #expect(harness.resume(.missed) == "", "now it waits to be durable")
        let answer = Answer.one(harness.makeDurable(2))
        #expect(answer?.fields["dcs-lsn"] == "2")
        #expect(answer?.fields["dcs-durability"] == "synced")
        #expect(
            answer?.body == """
                {"results":[{"success":true},{"value":"slow","found":true},\
                {"value":null,"found":false},{"value":"1","found":true}]}
                """)
    }

    @Test func aChunkedRequestKeepsItsBodyWhileItWaits() {
        let harness = Harness()
        let fields = "Host: h\r\nTransfer-Encoding: chunked\r\nDCS-Wait: all\r\n"
        let head = "PUT /cache/k HTTP/1.1\r\n\(fields)\r\n"
        #expect(harness.send(head + "3\r\nabc\r\n0\r\n\r\n" + Self.get("k")) == "")
        let answers = Answer.all(harness.makeDurable(1))
        #expect(answers?.map(\.status) == [201, 200])
        #expect(answers?.last?.body.contains("abc") == true)
    }
}

extension FetchedEntry {
    static func make(_ value: String, type: String = "", lsn: UInt64) -> FetchedEntry {
        withBytes(value) { value in
            withBytes(type) { type in
                FetchedEntry(
                    EntryView(
                        value: value, contentType: type, lsn: LSN(rawValue: lsn), expiry: .never))
            }
        }
    }
}
