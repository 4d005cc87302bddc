import NIOCore
import Testing

@testable import CacheHTTP
@testable import CacheNode

/// What other nodes say of requests that were sent on to them.
@Suite("Forwarded answers")
struct ForwardedAnswerTests {
    private static let refusal =
        #"{"type":"urn:dcs:error:no-primary","title":"No primary","status":503,"detail":"x"}"#

    private func answer(_ status: String, _ body: String) -> ForwardOutcome {
        .answered(
            ByteBuffer(
                string: "HTTP/1.1 \(status)\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"))
    }

    private func next(_ places: inout BatchPlaces, of node: UInt16) -> String? {
        places.next(of: node).map { String(decoding: $0, as: UTF8.self) }
    }

    @Test("a node that does not lead the key is told from one that cannot say what it did")
    func noPrimary() {
        #expect(answer("503 Service Unavailable", Self.refusal).saysNoPrimary)
        let unknown = Self.refusal.replacing("no-primary", with: "unknown-outcome")
        #expect(!answer("503 Service Unavailable", unknown).saysNoPrimary)
        #expect(!answer("200 OK", Self.refusal).saysNoPrimary)
        #expect(!ForwardOutcome.answered(ByteBuffer(string: "HTTP/1.1 503 ")).saysNoPrimary)
        #expect(!ForwardOutcome.notSent.saysNoPrimary)
        #expect(!ForwardOutcome.unknown.saysNoPrimary)
    }

    @Test("results go to their operations, in order")
    func results() {
        var places = BatchPlaces([.node(1), .here, .node(2), .node(1)])
        places.take([
            answer("200 OK", #"{"results":[{"value":"a]}"},{"value":"b"}]}"#),
            answer("200 OK", #"{"results":[{"success":true}]}"#),
        ])
        #expect(next(&places, of: 1) == #"{"value":"a]}"}"#)
        #expect(next(&places, of: 2) == #"{"success":true}"#)
        #expect(next(&places, of: 1) == #"{"value":"b"}"#)
        #expect(next(&places, of: 1) == nil)
    }

    @Test("what a node says of all of its part is said of each operation")
    func problem() {
        var places = BatchPlaces([.node(1), .node(1)])
        places.take([answer("503 Service Unavailable", Self.refusal)])
        #expect(next(&places, of: 1) == Self.refusal)
        #expect(next(&places, of: 1) == Self.refusal)
    }

    @Test("what was not sent was not applied; of what was not answered nobody knows")
    func silence() {
        var places = BatchPlaces([.node(1), .node(2), .node(3)])
        places.take([.notSent, .unknown, answer("200 OK", #"{"results":[]}"#)])
        #expect((1...3).allSatisfy { next(&places, of: $0) == nil })
        #expect((1...3).map { places.mayBeApplied(by: $0) } == [false, true, true])
    }
}
