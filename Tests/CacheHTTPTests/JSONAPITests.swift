import CacheBase
import CacheNode
import Synchronization
import Testing

@testable import CacheHTTP

@Suite("JSON API")
struct JSONAPITests {
    let harness = Harness()

    @Test func putGetAndDelete() {
        let put = harness.ask("POST", "/cache", body: #"{"key":"k","value":"v"}"#)
        #expect(put?.status == 200)
        #expect(put?.body == #"{"success":true}"#)
        #expect(put?.fields["dcs-lsn"] == "1")
        #expect(put?.fields["dcs-durability"] == "log")
        #expect(put?.fields["date"] == "Tue, 14 Nov 2023 22:13:20 GMT")
        let get = harness.ask("GET", "/cache?key=k")
        #expect(get?.body == #"{"value":"v","found":true}"#)
        #expect(get?.fields["content-type"] == "application/json")
        let deleted = harness.ask("DELETE", "/cache?key=k")
        #expect(deleted?.body == #"{"success":true,"deleted":true}"#)
        #expect(deleted?.fields["dcs-lsn"] == "2")
        let again = harness.ask("DELETE", "/cache?key=k")
        #expect(again?.body == #"{"success":true,"deleted":false}"#)
        #expect(again?.fields["dcs-durability"] == "log")
        #expect(harness.ask("GET", "/cache?key=k")?.body == #"{"value":null,"found":false}"#)
    }

    @Test func keysAreDecodedAsQueryComponents() {
        _ = harness.ask("POST", "/cache", body: #"{"key":"a b+c/é","value":"v"}"#)
        for key in ["a+b%2Bc/%C3%A9", "a%20b%2bc%2F%c3%a9"] {
            let answer = harness.ask("GET", "/cache?x=1&key=\(key)&y")
            #expect(answer?.body == #"{"value":"v","found":true}"#)
        }
    }

    @Test func valuesAreEscaped() {
        _ = harness.ask(
            "POST", "/cache", body: #"{"key":"k","value":"é\"\\\/\b\f\n\r\t\u0001\u001f😀"}"#)
        let answer = harness.ask("GET", "/cache?key=k")
        #expect(answer?.body == #"{"value":"é\"\\/\b\f\n\r\t\u0001\u001f😀","found":true}"#)
    }

    @Test func binaryValuesTravelAsBase64() {
        let body = #"{"key":"k","value":"AP+A","encoding":"base64"}"#
        #expect(harness.ask("POST", "/cache", body: body)?.status == 200)
        #expect(harness.store.value("k") == [0, 0xFF, 0x80])
        let answer = harness.ask("GET", "/cache?key=k")
        #expect(answer?.body == #"{"value":"AP+A","encoding":"base64","found":true}"#)
        let escaped = #"{"key":"k","value":"aG\u006b\u003d","encoding":"base64"}"#
        #expect(harness.ask("POST", "/cache", body: escaped)?.status == 200)
        #expect(harness.store.value("k") == Array("hi".utf8))
        let broken = #"{"key":"k","value":"a","encoding":"base64"}"#
        #expect(harness.ask("POST", "/cache", body: broken)?.status == 400)
    }

    @Test(arguments: [
        (#","ttl":0.5"#, 499, 500), (#","ttl":2"#, 1999, 2000), ("", 299_999, 300_000),
    ])
    func entriesEndWithTheirTTL(ttl: String, alive: UInt64, gone: UInt64) {
        _ = harness.ask("POST", "/cache", body: #"{"key":"k","value":"v"\#(ttl)}"#)
        harness.store.clock.advance(milliseconds: alive)
        #expect(harness.ask("GET", "/cache?key=k")?.body.contains("true") == true)
        harness.store.clock.advance(milliseconds: gone - alive)
        #expect(harness.ask("GET", "/cache?key=k")?.body.contains("true") == false)
    }

    @Test func aTTLOfZeroNeverEnds() {
        _ = harness.ask("POST", "/cache", body: #"{"key":"k","value":"v","ttl":0}"#)
        harness.store.clock.advance(milliseconds: 1 << 50)
        #expect(harness.ask("GET", "/cache?key=k")?.body.contains("true") == true)
    }

    @Test func refusalsNameTheMember() {
        let answer = harness.ask("POST", "/cache", body: #"{"key":"k","value":"v","tt\"l":1}"#)
        #expect(answer?.status == 400)
        #expect(answer?.body.contains(#"\"tt\\\"l\" is unknown here"#) == true)
        #expect(harness.store.value("k") == nil)
    }

    @Test func limitsOfKeysAndValues() {
        var settings = DataPlaneSettings()
        settings.keyBytesMax = 4
        settings.valueBytesMax = 8
        let harness = Harness(settings: settings)
        let cases: [(String, String, Int)] = [
            ("abcd", "12345678", 200), ("abcde", "v", 400), ("", "v", 400), ("k", "123456789", 413),
            (#"\u0061\u0061\u0061\u0061"#, "v", 200), (#"\u0061aaaa"#, "v", 400),
            ("k", #"\u0061\u0061\u0061\u0061\u0061\u0061\u0061\u0061"#, 200),
        ]
        for (key, value, status) in cases {
            let body = #"{"key":"\#(key)","value":"\#(value)"}"#
            #expect(harness.ask("POST", "/cache", body: body)?.status == status, "\(body)")
        }
        #expect(harness.ask("GET", "/cache?key=abcde")?.status == 400)
        #expect(harness.ask("PUT", "/cache/k", body: "12345678")?.status == 204)
        #expect(harness.ask("PUT", "/cache/k", body: "123456789")?.status == 413)
    }

    @Test func headLeavesTheBodyOut() {
        _ = harness.ask("POST", "/cache", body: #"{"key":"k","value":"v"}"#)
        for target in ["/cache?key=k", "/cache?key=none", "/livez", "/nope", "/cache/k"] {
            let get = harness.ask("GET", target)
            let head = harness.ask("HEAD", target)
            #expect(head?.status == get?.status)
            #expect(head?.fields == get?.fields)
        }
    }

    @Test func batchesAnswerEachOperationInOrder() {
        let body = """
            {"operations":[{"op":"put","key":"a","value":"1","ttl":5},{"op":"get","key":"a"},\
            {"op":"delete","key":"a"},{"op":"delete","key":"a"},{"op":"get","key":"a"},\
            {"op":"get","key":"\(String(repeating: "k", count: 5000))"},\
            {"op":"put","key":"b","value":"eA==","encoding":"base64"}]}
            """
        let answer = harness.ask("POST", "/cache/batch", body: body)
        #expect(answer?.fields["dcs-lsn"] == "3")
        let start = """
            {"results":[{"success":true},{"value":"1","found":true},\
            {"success":true,"deleted":true},{"success":true,"deleted":false},\
            {"value":null,"found":false},{"type":"urn:dcs:error:bad-request",
            """.dropLast()
        #expect(answer?.body.hasPrefix(start) == true, "\(answer?.body ?? "")")
        let end = #""detail":"The key is empty or too long."},{"success":true}]}"#
        #expect(answer?.body.hasSuffix(end) == true)
        let empty = harness.ask("POST", "/cache/batch", body: #"{"operations":[]}"#)
        #expect(empty?.body == #"{"results":[]}"#)
    }

    @Test(arguments: [
        #"{"op":"puts","key":"b"}"#, #"{"op":"get","key":""}"#,
        #"{"op":"put","key":"b","value":"?","encoding":"base64"}"#,
    ])
    func aBatchWithAFlawAppliesNothing(operation: String) {
        let body = #"{"operations":[{"op":"put","key":"a","value":"1"},\#(operation)]}"#
        #expect(harness.ask("POST", "/cache/batch", body: body)?.status == 400)
        #expect(harness.store.value("a") == nil)
    }

    @Test func aBatchHasAtMostTenThousandOperations() {
        let operation = #"{"op":"get","key":"k"}"#
        let many = [String](repeating: operation, count: 10_001).joined(separator: ",")
        let answer = harness.ask("POST", "/cache/batch", body: #"{"operations":[\#(many)]}"#)
        #expect(answer?.status == 400)
    }

    @Test(arguments: [
        (StorageError.Kind.noSpace, 507), (.overloaded, 503), (.poisoned, 503), (.tooLarge, 413),
        (.closed, 503), (.io, 500), (.corruption, 500),
    ])
    func storageErrorsHaveTheirStatus(kind: StorageError.Kind, status: Int) {
        harness.store.state.withLock { $0.writeError = StorageError(kind, "test") }
        let put = harness.ask("POST", "/cache", body: #"{"key":"k","value":"v"}"#)
        #expect(put?.status == status)
        #expect(harness.ask("DELETE", "/cache?key=k")?.status == status)
        #expect(harness.ask("PUT", "/cache/k", body: "v")?.status == status)
        #expect((put?.fields["retry-after"] != nil) == (status == 503))
        #expect(!harness.isClosing)
    }

    @Test func unknownTransactionsAreNotIgnored() {
        let body = #"{"key":"k","value":"v","transaction_id":"t"}"#
        #expect(harness.ask("POST", "/cache", body: body)?.status == 404)
        #expect(harness.ask("DELETE", "/cache?key=k&transaction_id=t")?.status == 404)
        #expect(harness.store.value("k") == nil)
    }

    @Test func theNodeDescribesItself() {
        for endpoint in ControlEndpoint.allCases {
            let answer = harness.ask("GET", "/" + endpoint.rawValue)
            #expect(answer?.status == 200)
            #expect(answer?.body == #"{"endpoint":"\#(endpoint.rawValue)"}"#)
            #expect(answer?.fields["cache-control"] == "no-store")
            let head = harness.ask("HEAD", "/" + endpoint.rawValue)
            #expect(head?.fields["content-length"] == answer?.fields["content-length"])
            #expect(harness.ask("POST", "/" + endpoint.rawValue, body: "")?.status == 405)
        }
        let behind = Harness(control: { _ in
            ControlAnswer(status: 503, body: Array("{}".utf8), retryAfterSeconds: 1)
        })
        let answer = behind.ask("GET", "/readyz")
        #expect(answer?.status == 503)
        #expect(answer?.fields["retry-after"] == "1")
    }
}
