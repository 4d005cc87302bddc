import CacheBase
import Testing

@testable import CacheHTTP

@Suite("Raw API")
struct RawAPITests {
    let harness = Harness()

    @Test func putGetAndDelete() {
        let created = harness.ask("PUT", "/cache/k", ["Content-Type: text/css"], body: "body")
        #expect(created?.status == 201)
        #expect(created?.fields["dcs-lsn"] == "1")
        #expect(created?.fields["etag"] == #""1""#)
        let replaced = harness.ask("PUT", "/cache/k", ["Content-Type: text/html"], body: "body2")
        #expect(replaced?.status == 204)
        #expect(replaced?.fields["content-length"] == nil)
        let get = harness.ask("GET", "/cache/k")
        #expect(get?.status == 200)
        #expect(get?.body == "body2")
        #expect(get?.fields["content-type"] == "text/html")
        #expect(get?.fields["etag"] == #""2""#)
        #expect(get?.fields["cache-control"] == "max-age=300")
        let head = harness.ask("HEAD", "/cache/k")
        #expect(head?.fields["content-length"] == "5")
        let deleted = harness.ask("DELETE", "/cache/k")
        #expect(deleted?.status == 204)
        #expect(deleted?.fields["dcs-lsn"] == "3")
        let absent = harness.ask("DELETE", "/cache/k")
        #expect(absent?.status == 404)
        #expect(absent?.fields["dcs-durability"] == "log")
        #expect(harness.ask("GET", "/cache/k")?.status == 404)
    }

    @Test func headsThatDifferInTheirTargetAloneAreReadAlike() {
        for key in ["a-key-of-some-length", "k", "another-key-of-some-length", "k2"] {
            #expect(harness.ask("PUT", "/cache/\(key)", body: "body")?.status == 201)
            #expect(harness.ask("GET", "/cache/\(key)")?.body == "body")
        }
    }

    /// The second request ends before the place where the first one had its content type.
    @Test func aContentTypeIsNotTakenFromAnEarlierRequest() {
        let fields = ["X-Long: " + String(repeating: "x", count: 500), "Content-Type: text/css"]
        #expect(harness.ask("PUT", "/cache/a", fields, body: "one")?.status == 201)
        #expect(harness.ask("PUT", "/cache/b", body: "two")?.status == 201)
        #expect(
            harness.ask("GET", "/cache/b")?.fields["content-type"] == "application/octet-stream")
    }

    @Test(arguments: ["a/b", "batch", "%00%ff%20", "a+b", "%2F", "..%2f..", "../x", "k?", "key=1"])
    func keysAreWholePaths(key: String) {
        #expect(harness.ask("PUT", "/cache/\(key)", body: key)?.status == 201)
        #expect(harness.ask("GET", "/cache/\(key)")?.body == key)
    }

    @Test func binaryKeysAreTheirBytes() {
        _ = harness.ask("PUT", "/cache/%00%2Fa%2b+", body: "v")
        #expect(harness.store.value("\0/a++") == Array("v".utf8))
    }

    @Test func bothAPIsShareTheirEntries() {
        _ = harness.ask("POST", "/cache", body: #"{"key":"k","value":"v"}"#)
        let raw = harness.ask("GET", "/cache/k")
        #expect(raw?.body == "v")
        #expect(raw?.fields["content-type"] == "application/octet-stream")
        _ = harness.ask("PUT", "/cache/k", ["Content-Type: text/plain"], body: "w")
        #expect(harness.ask("GET", "/cache?key=k")?.body == #"{"value":"w","found":true}"#)
    }

    @Test(
        arguments: [
            ("/cache/k?ttl=2.5", [], 2500),
            ("/cache/k", ["Cache-Control: public, max-age=7"], 7000),
            ("/cache/k?ttl=3", ["Cache-Control: max-age=9"], 3000), ("/cache/k", [], 300_000),
            ("/cache/k", ["Cache-Control: public", "Cache-Control: max-age=4"], 4000),
        ] as [(String, [String], UInt64)])
    func lifetimes(target: String, fields: [String], life: UInt64) {
        _ = harness.ask("PUT", target, fields, body: "v")
        harness.store.clock.advance(milliseconds: life - 1)
        let answer = harness.ask("GET", "/cache/k")
        #expect(answer?.fields["cache-control"] == "max-age=0")
        harness.store.clock.advance(milliseconds: 1)
        #expect(harness.ask("GET", "/cache/k")?.status == 404)
    }

    @Test func endlessAndEndedLives() {
        _ = harness.ask("PUT", "/cache/k?ttl=0", body: "v")
        #expect(harness.ask("GET", "/cache/k")?.fields["cache-control"] == nil)
        _ = harness.ask("PUT", "/cache/k", ["Cache-Control: max-age=0"], body: "v")
        #expect(harness.ask("GET", "/cache/k")?.status == 404)
    }

    @Test(arguments: [
        ("If-None-Match: \"2\"", 304), ("If-None-Match: W/\"2\"", 304), ("If-None-Match: *", 304),
        ("If-None-Match: \"1\", \"2\"", 304), ("If-None-Match: \"1\"", 200),
        ("If-None-Match: \"x\"", 200), ("If-Match: \"2\"", 200), ("If-Match: *", 200),
        ("If-Match: W/\"2\"", 412), ("If-Match: \"1\"", 412), ("If-Match: \"1\", \"2\"", 200),
        ("If-Match: \"1\"\r\nIf-Match: \"2\"", 200),
        ("If-Match: \"2\"\r\nIf-None-Match: \"2\"", 304),
        ("If-Match: \"1\"\r\nIf-None-Match: \"2\"", 412), ("If-None-Match: 2", 400),
    ])
    func conditionalReads(field: String, status: Int) {
        _ = harness.ask("PUT", "/cache/k", body: "old")
        _ = harness.ask("PUT", "/cache/k", body: "value")
        for method in ["GET", "HEAD"] {
            let answer = harness.ask(method, "/cache/k", [field])
            #expect(answer?.status == status)
            guard status == 304 else { continue }
            #expect(answer?.fields["etag"] == #""2""#)
            #expect(answer?.fields["cache-control"] == "max-age=300")
        }
    }

    @Test func conditionalReadsOfNothing() {
        #expect(harness.ask("GET", "/cache/k", ["If-Match: *"])?.status == 412)
        #expect(harness.ask("GET", "/cache/k", ["If-None-Match: *"])?.status == 404)
    }

    @Test(arguments: [
        ("PUT", "If-None-Match: *", 412, 201), ("PUT", "If-Match: *", 204, 412),
        ("PUT", "If-Match: \"1\"", 204, 412), ("PUT", "If-Match: W/\"1\"", 412, 412),
        ("PUT", "If-Match: \"9\"", 412, 412), ("PUT", "If-None-Match: \"1\"", 412, 201),
        ("PUT", "If-None-Match: \"9\"", 204, 201), ("DELETE", "If-Match: \"1\"", 204, 412),
        ("DELETE", "If-Match: \"9\"", 412, 412), ("DELETE", "If-Match: *", 204, 412),
    ])
    func conditionalWrites(method: String, field: String, present: Int, absent: Int) {
        let empty = Harness()
        let body = method == "PUT" ? "new" : nil
        #expect(empty.ask(method, "/cache/k", [field], body: body)?.status == absent)
        _ = harness.ask("PUT", "/cache/k", body: "old")
        #expect(harness.ask(method, "/cache/k", [field], body: body)?.status == present)
        #expect((harness.store.value("k") == Array("old".utf8)) == (present == 412))
    }

    @Test func ranges() {
        _ = harness.ask("PUT", "/cache/k", body: "0123456789")
        let part = harness.ask("GET", "/cache/k", ["Range: bytes=2-4"])
        #expect(part?.status == 206)
        #expect(part?.body == "234")
        #expect(part?.fields["content-range"] == "bytes 2-4/10")
        #expect(part?.fields["etag"] == #""1""#)
        #expect(harness.ask("GET", "/cache/k", ["Range: bytes=-2"])?.body == "89")
        let behind = harness.ask("GET", "/cache/k", ["Range: bytes=10-"])
        #expect(behind?.status == 416)
        #expect(behind?.fields["content-range"] == "bytes */10")
        #expect(harness.ask("GET", "/cache/k", ["Range: bytes=0-1,3-4"])?.status == 200)
        #expect(harness.ask("HEAD", "/cache/k", ["Range: bytes=0-1"])?.status == 200)
    }

    @Test(arguments: [
        ("\"1\"", 206), ("\"2\"", 200), ("W/\"1\"", 200), ("Tue, 14 Nov 2023 22:13:20 GMT", 200),
    ])
    func rangesOfAnotherVersionAreWhole(tag: String, status: Int) {
        _ = harness.ask("PUT", "/cache/k", body: "0123456789")
        let answer = harness.ask("GET", "/cache/k", ["Range: bytes=2-4", "If-Range: \(tag)"])
        #expect(answer?.status == status)
    }

    @Test func identityIsNoCoding() {
        let fields = ["Content-Encoding: identity"]
        #expect(harness.ask("PUT", "/cache/k", fields, body: "v")?.status == 201)
    }

    @Test func chunkedBodiesAreTakenApart() {
        let text =
            "PUT /cache/k HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
            + "3\r\nabc\r\n4;x=y\r\ndefg\r\n0\r\nT: v\r\n\r\n"
            + "GET /cache/k HTTP/1.1\r\nHost: h\r\n\r\n"
        let answers = Answer.all(harness.send(text))
        #expect(answers?.map(\.status) == [201, 200])
        #expect(answers?.last?.body == "abcdefg")
    }
}
