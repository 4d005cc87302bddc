import Testing

@testable import CacheHTTP

@Suite("Request parser")
struct RequestParserTests {
    static let full = """
        \r\nPUT /cache/a%20b?ttl=5&x HTTP/1.1\r\nHost: example.org:80\r\n\
        CONTENT-LENGTH: 12\r\nContent-Type:text/plain\r\nX-Empty:\r\n\
        If-None-Match: "1", W/"2"\r\nif-none-match: *\r\nConnection: keep-alive, Close\r\n\
        DCS-Wait: \t synced \t\r\nAuthorization: Bearer x\r\n\r\n
        """

    @Test func findsEveryPart() {
        withBytes(Self.full) { bytes in
            var parser = RequestParser()
            #expect(parser.parse(bytes) == .complete)
            let head = parser.head
            #expect(head.method == .put)
            #expect(text(head.path(in: bytes)) == "/cache/a%20b")
            #expect(text(head.query(in: bytes)) == "ttl=5&x")
            #expect(head.framing == .length(12))
            #expect(text(head.contentType.bytes(in: bytes)) == "text/plain")
            #expect(text(head.wait.bytes(in: bytes)) == "synced")
            #expect(text(head.authorization.bytes(in: bytes)) == "Bearer x")
            #expect(!head.keepsAlive)
            #expect(head.count == bytes.count)
            var tags: [String] = []
            head.forEachValue(of: "if-none-match", in: bytes) { tags.append(text($0)) }
            #expect(tags == [#""1", W/"2""#, "*"])
        }
    }

    @Test func splitsAnywhereMakeNoDifference() {
        withBytes(Self.full) { bytes in
            for first in 0..<bytes.count {
                for second in stride(from: first, to: bytes.count, by: 7) {
                    var parser = RequestParser()
                    #expect(parser.parse(part(bytes, first)) == .incomplete)
                    #expect(parser.parse(part(bytes, second)) == .incomplete)
                    #expect(parser.parse(bytes) == .complete)
                    #expect(parser.head.framing == .length(12))
                    #expect(parser.head.count == bytes.count)
                }
            }
        }
    }

    @Test func everyByteAloneMakesNoDifference() {
        withBytes(Self.full) { bytes in
            var parser = RequestParser()
            for count in 0..<bytes.count {
                #expect(parser.parse(part(bytes, count)) == .incomplete)
            }
            #expect(parser.parse(bytes) == .complete)
        }
    }

    @Test func resetForgetsTheRequestBefore() {
        var parser = RequestParser()
        withBytes("POST / HTTP/1.0\r\nContent-Length: 3\r\nConnection: close\r\n\r\n") {
            #expect(parser.parse($0) == .complete)
        }
        parser.reset()
        withBytes("GET /x HTTP/1.1\r\nHost: h\r\n\r\n") {
            #expect(parser.parse($0) == .complete)
            #expect(parser.head.framing == .none)
            #expect(parser.head.keepsAlive)
            #expect(parser.head.minorVersion == 1)
            #expect(parser.head.query(in: $0).isEmpty)
        }
    }

    @Test(arguments: [
        ("GET /a HTTP/1.1\r\nHost: h\r\n", true), ("GET /a HTTP/1.0\r\n", false),
        ("GET /a HTTP/1.0\r\nConnection: keep-alive\r\n", true),
        ("GET /a HTTP/1.0\r\nConnection: keep-alive, close\r\n", false),
        ("GET /a HTTP/1.1\r\nHost: h\r\nConnection: CLOSE\r\n", false),
        ("GET /a HTTP/1.1\r\nHost: h\r\nConnection: x\r\nConnection: close\r\n", false),
        ("GET /a HTTP/1.9\r\nHost: h\r\n", true),
    ])
    func persistenceFollowsVersionAndField(text: String, keepsAlive: Bool) {
        withBytes(text + "\r\n") {
            var parser = RequestParser()
            #expect(parser.parse($0) == .complete)
            #expect(parser.head.keepsAlive == keepsAlive)
        }
    }

    @Test(arguments: [
        ("http://h/p?q", "/p", "q"), ("HTTP://h:80/p", "/p", ""), ("https://h/", "/", ""),
        ("http://h", "", ""), ("http://h?q", "", "q"),
    ])
    func absoluteTargetsLoseTheirAuthority(target: String, path: String, query: String) {
        withBytes("GET \(target) HTTP/1.1\r\nHost: h\r\n\r\n") {
            var parser = RequestParser()
            #expect(parser.parse($0) == .complete)
            #expect(text(parser.head.path(in: $0)) == path)
            #expect(text(parser.head.query(in: $0)) == query)
        }
    }

    @Test func equalContentLengthsAreOne() {
        let lines = "Content-Length: 7\r\nContent-Length: 7, 7\r\n"
        withBytes("PUT /a HTTP/1.1\r\nHost: h\r\n\(lines)\r\n") {
            var parser = RequestParser()
            #expect(parser.parse($0) == .complete)
            #expect(parser.head.framing == .length(7))
        }
    }

    private func part(_ bytes: UnsafeRawBufferPointer, _ count: Int) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: bytes[..<count])
    }

    private func text(_ bytes: UnsafeRawBufferPointer) -> String {
        String(decoding: bytes, as: UTF8.self)
    }
}
