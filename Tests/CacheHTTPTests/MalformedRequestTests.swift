import Testing

@testable import CacheHTTP

/// Requests that must be refused, with the exact status and whether the connection survives.
@Suite("Malformed requests")
struct MalformedRequestTests {
    struct Case: Sendable, CustomStringConvertible {
        let bytes: [UInt8]
        let status: Int
        let closes: Bool
        let line: Int

        init(_ text: String, _ status: Int, closes: Bool = true, line: Int = #line) {
            bytes = Array(text.utf8)
            self.status = status
            self.closes = closes
            self.line = line
        }

        init(raw: [UInt8], _ status: Int, line: Int = #line) {
            bytes = raw
            self.status = status
            closes = true
            self.line = line
        }

        var description: String {
            "line \(line): \(String(decoding: bytes.prefix(60), as: UTF8.self))"
        }
    }

    @Test func thereAreEnoughOfThem() {
        let counts = [Self.lines, Self.fields, Self.bytes, Self.framing, Self.routes, Self.bodies]
            .map(\.count)
        #expect(counts.reduce(0, +) >= 150)
    }

    @Test(arguments: lines) func requestLines(malformed: Case) { check(malformed) }
    @Test(arguments: fields) func headerFields(malformed: Case) { check(malformed) }
    @Test(arguments: bytes) func controlBytes(malformed: Case) { check(malformed) }
    @Test(arguments: framing) func bodyFraming(malformed: Case) { check(malformed) }
    @Test(arguments: routes) func routesAndMethods(malformed: Case) { check(malformed) }
    @Test(arguments: bodies) func bodiesAndParameters(malformed: Case) { check(malformed) }

    /// Whole, and byte by byte: the same answer, and the same end.
    private func check(_ malformed: Case) {
        let whole = Harness()
        let answer = whole.send(malformed.bytes)
        let first = Answer.all(answer)?.first
        #expect(first?.status == malformed.status, "\(answer)")
        #expect(first?.fields["content-type"] == "application/problem+json")
        #expect(first?.body.contains(#""type":"urn:dcs:error:"#) == true)
        #expect(first?.fields["connection"] == (malformed.closes ? "close" : nil))
        #expect(whole.isClosing == malformed.closes)
        let slow = Harness()
        var pieces = ""
        for byte in malformed.bytes { pieces += slow.send([byte]) }
        #expect(Answer.all(pieces)?.first == first)
        #expect(slow.isClosing == malformed.closes)
        guard !malformed.closes else { return }
        let next = whole.ask("GET", "/livez")
        #expect(next?.status == 200, "the connection serves the next request")
    }

    static let host = "Host: h\r\n"

    static let lines: [Case] = [
        Case("GET\r\n", 400), Case("GET \r\n", 400), Case("GET /\r\n", 400),
        Case("GET / \r\n", 400), Case("GET  / HTTP/1.1\r\n", 400),
        Case("GET /  HTTP/1.1\r\n", 400), Case("GET / HTTP/1.1 \r\n", 400),
        Case(" GET / HTTP/1.1\r\n", 400), Case("\tGET / HTTP/1.1\r\n", 400),
        Case("GET\t/ HTTP/1.1\r\n", 400), Case("GET /\tHTTP/1.1\r\n", 400),
        Case("G(T / HTTP/1.1\r\n", 400), Case("G{}T / HTTP/1.1\r\n", 400),
        Case("GE T / HTTP/1.1\r\n", 400), Case("GET: / HTTP/1.1\r\n", 400),
        Case("\"GET\" / HTTP/1.1\r\n", 400), Case("GÉT / HTTP/1.1\r\n", 400),
        Case("GET / HTTP/1\r\n", 400), Case("GET / HTTP/1.\r\n", 400),
        Case("GET / HTTP/.1\r\n", 400), Case("GET / HTTP/1.10\r\n", 400),
        Case("GET / HTTP/01.1\r\n", 400), Case("GET / http/1.1\r\n", 400),
        Case("GET / HTTP 1.1\r\n", 400), Case("GET / HTTP/1,1\r\n", 400),
        Case("GET / HTTP/a.1\r\n", 400), Case("GET / HTTP/1.x\r\n", 400),
        Case("GET / HTTPS/1.1\r\n", 400), Case("GET / FTP/1.1\r\n", 400),
        Case("GET / HTTP/2.0\r\n", 505), Case("GET / HTTP/0.9\r\n", 505),
        Case("GET / HTTP/3.0\r\n", 505), Case("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
        Case("GET cache HTTP/1.1\r\n", 400), Case("GET ?key=k HTTP/1.1\r\n", 400),
        Case("GET * HTTP/1.1\r\n", 400), Case("CONNECT h:80 HTTP/1.1\r\n", 400),
        Case("GET ftp://h/ HTTP/1.1\r\n", 400), Case("GET http:///p HTTP/1.1\r\n", 400),
        Case("GET http://u@h/p HTTP/1.1\r\n", 400), Case("GET http://h\\p HTTP/1.1\r\n", 400),
        Case("GET https:// HTTP/1.1\r\n", 400), Case("GET /a#b HTTP/1.1\r\n", 400),
        Case("GET /\u{7F} HTTP/1.1\r\n", 400), Case("GET /é HTTP/1.1\r\n", 400),
        Case("GET /\u{0} HTTP/1.1\r\n", 400), Case("\r\n\r\nGET / HTTP/1.1\r\n", 400),
        Case("\r\n\r\n", 400), Case("\n", 400), Case("\nGET / HTTP/1.1\r\n", 400),
        Case("GET / HTTP/1.1\n", 400), Case("GET / HTTP/1.1\r\r\n", 400),
        Case("GET /\rx HTTP/1.1\r\n", 400), Case("GET /\nHTTP/1.1\r\n", 400),
        Case("\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}\n", 400), Case("EHLO example.org\r\n", 400),
        Case("GET /" + String(repeating: "a", count: 16_400), 414),
        Case("GET /" + String(repeating: "a", count: 16_400) + " HTTP/1.1\r\n", 414),
        Case(String(repeating: "A", count: 16_500), 414),
    ]

    static let fields: [Case] = [
        field("Host : h"), field("Host\t: h"), field(" Host: h"), field("\tHost: h"),
        field(": v"), field(":"), field("novalue"), field("na me: v"), field("na(me: v"),
        field("n\u{E9}: v"), field("na\"me: v"), field("a,b: v"), field("a/b: v"), field("a;b: v"),
        field("a=b: v"), field("a[b: v"), field("a@b: v"), field("a\\b: v"), field("a?b: v"),
        field("a{b: v"), field("a>b: v"), field("X: a\r\n b"), field("X: a\r\n\tb"),
        field("X: a\r\n \r\nY: b"), field("Host: h\r\n : x"), field("X: a\rb"), field("X: \r"),
        field("X: a\nY: b"), field("\nX: a"), field("X: a\u{0}b"), field("X: a\u{1}"),
        field("X: \u{7F}"), field("X: a\u{B}b"), field("X: a\u{C}b"), field("X: \u{1B}[0m"),
        Case("GET /livez HTTP/1.1\r\n\r\n", 400),
        Case("GET /livez HTTP/1.1\r\nX-Host: h\r\n\r\n", 400),
        Case("GET /livez HTTP/1.1\r\nHost: h\r\nHost: h\r\n\r\n", 400),
        Case("GET /livez HTTP/1.1\r\nHost: h\r\nhOST: g\r\n\r\n", 400),
        Case("GET /livez HTTP/1.0\r\nHost: h\r\nHost: g\r\n\r\n", 400),
        Case("GET /livez HTTP/1.1\r\nHost: a b\r\n\r\n", 400),
        Case("GET /livez HTTP/1.1\r\nHost: a/b\r\n\r\n", 400),
        Case("GET /livez HTTP/1.1\r\nHost: a@b\r\n\r\n", 400),
        Case("GET /livez HTTP/1.1\r\nHost: a?b\r\n\r\n", 400),
        Case("GET /livez HTTP/1.1\r\nHost: \"a\"\r\n\r\n", 400),
        Case("GET /livez HTTP/1.1\r\nHost: ä\r\n\r\n", 400),
        Case("GET /livez HTTP/1.1\r\n\(host)" + String(repeating: "A: b\r\n", count: 100), 431),
        Case("GET /livez HTTP/1.1\r\n\(host)X: " + String(repeating: "a", count: 17_000), 431),
        Case("GET /livez HTTP/1.1\r\n\(host)X: \(String(repeating: "a", count: 16_400))\r\n", 431),
        Case("GET /livez HTTP/1.1\r\n\(host)" + String(repeating: "a", count: 17_000), 431),
    ]

    /// Every byte that may not stand in a method, a field name or a field value.
    static let bytes: [Case] =
        forbidden.flatMap { byte -> [Case] in
            [
                raw("GET /livez HTTP/1.1\r\nHost: h\r\nX: a", byte, "\r\n\r\n"),
                raw("GET /livez HTTP/1.1\r\nHost: h\r\nX", byte, ": a\r\n\r\n"),
                raw("GE", byte, "T / HTTP/1.1\r\n\r\n"),
            ]
        } + [raw("GET /", 0xFF, " HTTP/1.1\r\n"), raw("", 0x80, "\r\n")]

    static let forbidden: [UInt8] = [0, 1, 7, 8, 11, 12, 14, 31, 127]

    static func raw(_ before: String, _ byte: UInt8, _ after: String) -> Case {
        Case(raw: Array(before.utf8) + [byte] + Array(after.utf8), 400)
    }

    static let framing: [Case] = [
        put("Content-Length: 1\r\nTransfer-Encoding: chunked"),
        put("Transfer-Encoding: chunked\r\nContent-Length: 1"),
        put("Content-Length: 1\r\nContent-Length: 2"), put("Content-Length: 1, 2"),
        put("Content-Length: 1,"), put("Content-Length: ,1"), put("Content-Length: "),
        put("Content-Length: -1"), put("Content-Length: +1"), put("Content-Length: 1.0"),
        put("Content-Length: 0x1"), put("Content-Length: 1 2"), put("Content-Length: a"),
        put("Content-Length: 1;"), put("Content-Length: \"1\""), put("Content-Length: 1e3"),
        put("Content-Length: 99999999999999999999"), put("Content-Length: 18446744073709551617"),
        put("Content-Length:\u{A0}1"), put("Content-Length : 1"),
        put("Transfer-Encoding: "), put("Transfer-Encoding: identity"),
        put("Transfer-Encoding: gzip"), put("Transfer-Encoding: chunked, chunked"),
        put("Transfer-Encoding: chunked, gzip"), put("Transfer-Encoding: \"chunked\""),
        put("Transfer-Encoding: xchunked"), put("Transfer-Encoding: chunkedx"),
        put("Transfer-Encoding: chunked;q=1"), put("Transfer-Encoding : chunked"),
        put("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked"),
        put("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity"),
        put("Transfer-Encoding: gzip, chunked", status: 501),
        put("Transfer-Encoding: foo,chunked", status: 501),
        Case("PUT /cache/k HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
        chunks("\r\n"), chunks("x\r\n"), chunks("g\r\n"), chunks("0x5\r\nhello\r\n"),
        chunks("-5\r\nhello\r\n"), chunks("+5\r\nhello\r\n"), chunks(" 5\r\nhello\r\n"),
        chunks("5 \r\nhello\r\n"), chunks("5\nhello\r\n"), chunks("5\rhello\r\n"),
        chunks("5\r\r\nhello\r\n"), chunks("5\r\nhelloworld\r\n"), chunks("5\r\nhello\n0\r\n\r\n"),
        chunks("5\r\nhello0\r\n\r\n"), chunks("5\r\nhello\rX"), chunks("5;a\nhello\r\n"),
        chunks("5;a\u{0}\r\nhello\r\n"), chunks("ffffffffffffffff\r\n"),
        chunks("10000000000000000\r\n"), chunks("0000000000000005\r\nhello\r\n"),
        chunks("0\r\nX y\r\n\r\n"), chunks("0\r\n X: y\r\n\r\n"), chunks("0\r\n: y\r\n\r\n"),
        chunks("0\r\nX: y\n\r\n"), chunks("0\r\nX: \u{1}\r\n\r\n"), chunks("0\r\n\rX"),
        chunks("0\n\n"), chunks("5;" + String(repeating: "a", count: 9_000)),
        chunks("0\r\n" + String(repeating: "X: y\r\n", count: 101), status: 431),
    ]

    static let routes: [Case] = [
        Case("GET / HTTP/1.1\r\n\(host)\r\n", 404, closes: false),
        Case("GET /cach HTTP/1.1\r\n\(host)\r\n", 404, closes: false),
        Case("GET /cachex HTTP/1.1\r\n\(host)\r\n", 404, closes: false),
        Case("GET /Cache?key=k HTTP/1.1\r\n\(host)\r\n", 404, closes: false),
        Case("GET //cache?key=k HTTP/1.1\r\n\(host)\r\n", 404, closes: false),
        Case("GET http://h HTTP/1.1\r\n\(host)\r\n", 404, closes: false),
        Case("OPTIONS * HTTP/1.1\r\n\(host)\r\n", 404, closes: false),
        Case("POST /nowhere HTTP/1.1\r\n\(host)Content-Length: 3\r\n\r\nabc", 404, closes: false),
        Case(
            "POST /nowhere HTTP/1.1\r\n\(host)Transfer-Encoding: chunked\r\n\r\n"
                + "3\r\nabc\r\n0\r\n\r\n", 404, closes: false),
        Case("PUT /cache HTTP/1.1\r\n\(host)Content-Length: 0\r\n\r\n", 405, closes: false),
        Case("PATCH /cache HTTP/1.1\r\n\(host)\r\n", 405, closes: false),
        Case("OPTIONS /cache HTTP/1.1\r\n\(host)\r\n", 405, closes: false),
        Case("POST /cache/k HTTP/1.1\r\n\(host)Content-Length: 0\r\n\r\n", 405, closes: false),
        Case("PATCH /cache/k HTTP/1.1\r\n\(host)\r\n", 405, closes: false),
        Case("get /cache/k HTTP/1.1\r\n\(host)\r\n", 405, closes: false),
        Case("POST /readyz HTTP/1.1\r\n\(host)Content-Length: 0\r\n\r\n", 405, closes: false),
        Case("PUT /cache/k HTTP/1.1\r\n\(host)\r\n", 411, closes: false),
        Case("POST /cache HTTP/1.1\r\n\(host)\r\n", 411, closes: false),
        Case("GET /cache/k HTTP/1.1\r\n\(host)\r\n", 404, closes: false),
        Case("GET /cache/ HTTP/1.1\r\n\(host)\r\n", 400, closes: false),
        Case("GET /cache/%4 HTTP/1.1\r\n\(host)\r\n", 400, closes: false),
        Case("GET /cache/% HTTP/1.1\r\n\(host)\r\n", 400, closes: false),
        Case("GET /cache/%zz HTTP/1.1\r\n\(host)\r\n", 400, closes: false),
        Case("GET /cache/a%2 HTTP/1.1\r\n\(host)\r\n", 400, closes: false),
        Case("GET /cache HTTP/1.1\r\n\(host)\r\n", 400, closes: false),
        Case("GET /cache? HTTP/1.1\r\n\(host)\r\n", 400, closes: false),
        Case("GET /cache?key= HTTP/1.1\r\n\(host)\r\n", 400, closes: false),
        Case("GET /cache?Key=k HTTP/1.1\r\n\(host)\r\n", 400, closes: false),
        Case("GET /cache?key=a&key=b HTTP/1.1\r\n\(host)\r\n", 400, closes: false),
        Case("GET /cache?key=%f HTTP/1.1\r\n\(host)\r\n", 400, closes: false),
        Case(
            "GET /cache?key=\(String(repeating: "k", count: 4097)) HTTP/1.1\r\n\(host)\r\n", 400,
            closes: false),
        Case("GET /cache?key=k&transaction_id=t HTTP/1.1\r\n\(host)\r\n", 404, closes: false),
        Case("DELETE /cache/k HTTP/1.1\r\n\(host)\r\n", 404, closes: false),
    ]

    static let bodies: [Case] = [
        put("Content-Length: 1\r\nContent-Encoding: gzip\r\n\r\nx", 415),
        put("Content-Length: 1\r\nContent-Encoding: br\r\n\r\nx", 415),
        put("Content-Length: 1\r\nExpect: tea\r\n\r\nx", 417),
        put("Content-Length: 1\r\nContent-Type: a\r\nContent-Type: b\r\n\r\nx", 400),
        put("Content-Length: 1\r\nDCS-Wait: never\r\n\r\nx", 400),
        put("Content-Length: 1\r\nIf-Match: x\r\n\r\nx", 400),
        put("Content-Length: 1\r\nIf-Match: \"1\", \"2\"\r\n\r\nx", 400),
        put("Content-Length: 1\r\nIf-Match: *\r\nIf-None-Match: *\r\n\r\nx", 400),
        put("Content-Length: 1\r\nIf-Match: *\r\n\r\nx", 412),
        put("Content-Length: 1\r\nIf-Match: \"7\"\r\n\r\nx", 412),
        put(
            "Content-Length: 1\r\nContent-Type: \(String(repeating: "t", count: 256))\r\n\r\nx",
            400),
        ttl("-1"), ttl("x"), ttl(""), ttl("1e99"), ttl("NaN"), ttl("3153600001"), ttl("1,5"),
        Case("PUT /cache/k HTTP/1.1\r\n\(host)Content-Length: 16777217\r\n\r\n", 413),
        Case(
            "PUT /cache/k HTTP/1.1\r\n\(host)Expect: 100-continue\r\n"
                + "Content-Length: 16777217\r\n\r\n", 413),
        Case("POST /cache HTTP/1.1\r\n\(host)Content-Length: 999999999999\r\n\r\n", 413),
        Case("GET /livez HTTP/1.1\r\n\(host)Content-Length: 70000\r\n\r\n", 413),
        Case("GET /cache/k HTTP/1.1\r\n\(host)DCS-Min-LSN: x\r\n\r\n", 400, closes: false),
    ]

    static func field(_ line: String, line number: Int = #line) -> Case {
        Case("GET /livez HTTP/1.1\r\n\(host)\(line)\r\n\r\n", 400, line: number)
    }

    static func put(_ lines: String, status: Int = 400, line: Int = #line) -> Case {
        Case("PUT /cache/k HTTP/1.1\r\n\(host)\(lines)\r\n\r\n", status, line: line)
    }

    static func put(_ rest: String, _ status: Int, line: Int = #line) -> Case {
        Case("PUT /cache/k HTTP/1.1\r\n\(host)\(rest)", status, closes: false, line: line)
    }

    static func ttl(_ text: String, line: Int = #line) -> Case {
        Case(
            "PUT /cache/k?ttl=\(text) HTTP/1.1\r\n\(host)Content-Length: 1\r\n\r\nx", 400,
            closes: false, line: line)
    }

    static func chunks(_ text: String, status: Int = 400, line: Int = #line) -> Case {
        let head = "PUT /cache/k HTTP/1.1\r\n\(host)Transfer-Encoding: chunked\r\n\r\n"
        return Case(head + text, status, line: line)
    }
}
