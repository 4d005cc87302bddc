import CacheBase
import Testing

@testable import CacheHTTP

/// Lifetime, deadlines and limits of one connection.
@Suite("Connection")
struct ConnectionTests {
    static let expecting =
        "PUT /cache/k HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n"
    static let get = "GET /livez HTTP/1.1\r\nHost: h\r\n\r\n"

    @Test(arguments: [
        ("GET /livez HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", "close", true),
        ("GET /livez HTTP/1.0\r\n\r\n", "close", true),
        ("GET /livez HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", "keep-alive", false),
        (get, "", false),
    ])
    func staysOrCloses(text: String, field: String, closes: Bool) {
        let harness = Harness()
        let answers = Answer.all(harness.send(text + Self.get))
        #expect(answers?.count == (closes ? 1 : 2), "nothing is carried out after a close")
        #expect(answers?.first?.fields["connection"] ?? "" == field)
        #expect(harness.isFinished == closes)
    }

    @Test func continueIsSentOnlyWhereTheBodyIsAwaited() {
        let head = Self.expecting
        let harness = Harness()
        #expect(harness.send(head) == "HTTP/1.1 100 Continue\r\n\r\n")
        #expect(Answer.one(harness.send("x"))?.status == 201)
        #expect(Answer.one(harness.send(head + "x"))?.status == 204)
        let chunked = head.replacing("Content-Length: 1", with: "Transfer-Encoding: chunked")
        #expect(harness.send(chunked) == "HTTP/1.1 100 Continue\r\n\r\n")
        #expect(Answer.one(harness.send("1\r\ny\r\n0\r\n\r\n"))?.status == 204)
        let old = head.replacing("HTTP/1.1", with: "HTTP/1.0")
        #expect(harness.send(old) == "", "HTTP/1.0 knows no interim answers")
    }

    @Test func aRefusedExpectationIsNotContinued() {
        let harness = Harness()
        let head = Self.expecting.replacing("/cache/k", with: "/nope")
        #expect(Answer.one(harness.send(head))?.status == 404)
        #expect(harness.isFinished, "whether the body follows is the client's choice")
    }

    @Test func aSmallBodyOfARefusedRequestIsThrownAway() {
        let harness = Harness()
        let head = "POST /nope HTTP/1.1\r\nHost: h\r\nContent-Length: 60000\r\n\r\n"
        #expect(Answer.one(harness.send(head))?.status == 404)
        for _ in 0..<60 { #expect(harness.send([UInt8](repeating: 0x47, count: 1000)) == "") }
        #expect(Answer.one(harness.send(Self.get))?.status == 200)
    }

    @Test func chunkedBodiesAreLimitedWhileTheyCome() {
        var settings = DataPlaneSettings()
        settings.valueBytesMax = 1000
        let harness = Harness(settings: settings)
        let head = "PUT /cache/k HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
        #expect(harness.send(head + "3e8\r\n" + String(repeating: "x", count: 1000) + "\r\n") == "")
        #expect(Answer.one(harness.send("1\r\nx"))?.status == 413)
        #expect(harness.isFinished)
    }

    @Test func largeBodiesTakeFromTheBudgetAndGiveBack() {
        var settings = DataPlaneSettings()
        settings.bufferBytesMax = 1 << 20
        let harness = Harness(settings: settings)
        let value = [UInt8](repeating: 0x78, count: 900_000)
        let head = "PUT /cache/k HTTP/1.1\r\nHost: h\r\nContent-Length: 900000\r\n\r\n"
        #expect(harness.send(head) == "")
        for start in stride(from: 0, to: 800_000, by: 100_000) {
            #expect(harness.send(Array(value[start..<(start + 100_000)])) == "")
        }
        #expect(harness.budget.usedBytes >= 700_000)
        #expect(Answer.one(harness.send([UInt8](repeating: 0x78, count: 100_000)))?.status == 201)
        #expect(harness.budget.usedBytes == 0)
        let full = Harness(settings: settings)
        _ = full.send(head.replacing("900000", with: "2000000"))
        var answer = ""
        for _ in 0..<20 where answer.isEmpty { answer = full.send(Array(value[..<100_000])) }
        #expect(Answer.one(answer)?.status == 503)
        #expect(full.budget.usedBytes == 0)
    }

    @Test func largeAnswersTakeFromTheBudgetUntilTheyAreTaken() {
        var settings = DataPlaneSettings()
        settings.bufferBytesMax = 150_000
        let harness = Harness(settings: settings)
        let value = String(repeating: "x", count: 100_000)
        _ = harness.ask("PUT", "/cache/k", body: value)
        let get = "GET /cache/k HTTP/1.1\r\nHost: h\r\n\r\n"
        let answers = Answer.all(harness.send(get + get))
        #expect(answers?.map(\.status) == [200, 503])
        #expect(harness.budget.usedBytes == 100_000)
        harness.tearDown()
        #expect(harness.budget.usedBytes == 0)
    }

    @Test func answersNotTakenStopFurtherRequests() {
        let harness = Harness()
        _ = harness.ask("PUT", "/cache/k", body: String(repeating: "x", count: 50_000))
        let get = "GET /cache/k HTTP/1.1\r\nHost: h\r\n\r\n"
        let first = harness.send(String(repeating: get, count: 20))
        #expect(Answer.all(first)?.count == 6, "256 KiB and the answer that crosses it")
        #expect(harness.hasWork)
        harness.block(true)
        #expect(!harness.hasWork)
        #expect(!harness.wantsInput)
        harness.block(false)
        #expect(Answer.all(harness.takeAll())?.count == 14)
        #expect(harness.wantsInput)
    }

    @Test func aSlowHeadIsCutOffHoweverItTrickles() {
        let harness = Harness()
        var answer = ""
        for byte in "GET /livez HTTP/1.1\r\nX: ".utf8 where answer.isEmpty {
            answer = harness.send([byte]) + harness.pass(milliseconds: 600)
        }
        #expect(Answer.one(answer)?.status == 408)
        #expect(harness.isFinished)
    }

    @Test func theTimeOfAHeadCountsFromItsFirstByte() {
        let harness = Harness()
        #expect(harness.pass(milliseconds: 30_000) == "")
        #expect(harness.send("GET /livez") == "")
        #expect(harness.pass(milliseconds: 9_999) == "")
        #expect(Answer.one(harness.send(" HTTP/1.1\r\nHost: h\r\n\r\n"))?.status == 200)
        #expect(harness.pass(milliseconds: 20_000) == "")
        #expect(!harness.isClosing)
    }

    @Test func anIdleConnectionIsClosedWithoutAWord() {
        let harness = Harness()
        harness.send(Self.get)
        #expect(harness.pass(milliseconds: 59_999) == "")
        #expect(!harness.isClosing)
        #expect(harness.pass(milliseconds: 1) == "")
        #expect(harness.isFinished)
    }

    @Test(arguments: [(500, true), (1100, false)])
    func aBodyHasAMinimumRate(bytesPerSecond: Int, isCut: Bool) {
        let harness = Harness()
        harness.send("PUT /cache/k HTTP/1.1\r\nHost: h\r\nContent-Length: 60000\r\n\r\n")
        var answer = ""
        for _ in 0..<30 where answer.isEmpty {
            answer = harness.send([UInt8](repeating: 0x78, count: bytesPerSecond))
            answer += harness.pass(milliseconds: 1000)
        }
        #expect((Answer.one(answer)?.status == 408) == isCut)
        #expect(harness.isClosing == isCut)
    }

    @Test func aWaitIsNotIdleness() {
        let harness = Harness()
        harness.store.script(.cold, cold: [.wouldBlock])
        harness.send("GET /cache?key=k HTTP/1.1\r\nHost: h\r\n\r\n")
        #expect(harness.pass(milliseconds: 100_000) == "")
        #expect(Answer.one(harness.resume(.missed))?.status == 200)
    }

    @Test func theEndOfInputLetsWhatIsWholeBeAnswered() {
        let harness = Harness()
        harness.store.script(.cold, cold: [.wouldBlock])
        harness.send("GET /cache?key=k HTTP/1.1\r\nHost: h\r\n\r\n" + Self.get + "GET /li")
        harness.endInput()
        #expect(!harness.isFinished)
        #expect(Answer.all(harness.resume(.missed))?.count == 2)
        #expect(harness.isFinished)
        let idle = Harness()
        idle.endInput()
        #expect(idle.isFinished)
    }

    @Test func drainingClosesAfterThePresentAnswer() {
        let harness = Harness()
        #expect(harness.send("GET /readyz HTTP/1.1\r\n") == "")
        harness.loop.isDraining = true
        let answer = Answer.one(harness.send("Host: h\r\n\r\n"))
        #expect(answer?.status == 200)
        #expect(answer?.fields["connection"] == "close")
        #expect(harness.isFinished)
    }

    @Test func settingsChangeForTheNextRequest() {
        let harness = Harness()
        harness.loop.settings.defaultTTLMilliseconds = 5000
        _ = harness.ask("PUT", "/cache/k", body: "v")
        #expect(harness.ask("GET", "/cache/k")?.fields["cache-control"] == "max-age=5")
    }
}
