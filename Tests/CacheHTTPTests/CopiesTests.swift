import CacheBase
import CacheEngine
import Testing

@testable import CacheHTTP

/// Answers that wait until replicas have what they say.
@Suite("Answers and copies")
struct CopiesTests {
    private let harness: EngineHarness

    init() throws {
        harness = try EngineHarness.make()
        harness.store.noteCopied(harness.store.lastLSN)
        harness.store.setWaitsForCopies(true)
    }

    private var answers: [Int] { Answer.all(harness.advance())?.map(\.status) ?? [] }

    @Test("a write is answered when its copies are there")
    func waits() {
        #expect(harness.send(OrderTests.put("a", "1")) == "")
        #expect(answers.isEmpty)
        harness.store.noteCopied(harness.store.lastLSN)
        #expect(answers == [201])
    }

    @Test("once this node is led no more, what waits is not answered though nobody is waited for")
    func givesUp() {
        #expect(harness.send(OrderTests.put("a", "1")) == "")
        harness.store.abandonWaitingForCopies()
        harness.store.noteCopied(LSN(rawValue: .max))
        let text = harness.advance()
        #expect(Answer.all(text)?.map(\.status) == [503])
        #expect(text.contains("unknown-outcome"))
        #expect(harness.isClosing)
    }

    @Test("a write that ends while the node gives up is not answered as copied")
    func givesUpBehind() {
        harness.store.noteCopied(LSN(rawValue: .max))
        #expect(Answer.all(harness.send(OrderTests.put("a", "1")))?.map(\.status) == [201])
        harness.store.noteCopied(harness.store.lastLSN)
        #expect(harness.send(OrderTests.put("a", "2", "DCS-Wait: quorum\r\n")) == "")
        harness.store.abandonWaitingForCopies()
        harness.store.noteCopied(LSN(rawValue: .max))
        #expect(Answer.all(harness.advance())?.map(\.status) == [503])
    }

    @Test("what made no record is answered, whatever is waited for")
    func nothingWritten() throws {
        let single = try EngineHarness.make()
        let absent = "DELETE /cache/none HTTP/1.1\r\nHost: h\r\nDCS-Wait: all\r\n\r\n"
        #expect(Answer.all(single.send(absent))?.map(\.status) == [404])
        _ = harness.send(OrderTests.put("a", "1"))
        harness.store.abandonWaitingForCopies()
        harness.store.noteCopied(LSN(rawValue: .max))
        // The entry is older than what was given up, and there all the same.
        let other = harness.another()
        let put = OrderTests.put("a", "2", "If-None-Match: *\r\n")
        #expect(Answer.all(other.send(put))?.map(\.status) == [412])
        #expect(Answer.all(other.send(absent))?.map(\.status) == [404])
    }

    @Test("reads and later writes go on after that")
    func goesOn() {
        #expect(harness.send(OrderTests.put("a", "1")) == "")
        harness.store.abandonWaitingForCopies()
        harness.store.noteCopied(LSN(rawValue: .max))
        let other = harness.another()
        #expect(Answer.all(other.send(OrderTests.get("a")))?.map(\.status) == [200])
        #expect(Answer.all(other.send(OrderTests.put("a", "2")))?.map(\.status) == [204])
    }
}
