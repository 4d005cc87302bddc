/// What every answer of a request shares: the date, whether the connection stays, whether the
/// body is left out.
struct AnswerFrame {
    /// `Date: …` with its line end, of this second.
    let date: UnsafeRawBufferPointer
    /// A whole `Connection` line, or nothing.
    let connection: StaticString
    /// `HEAD`: the head of the answer, without its body.
    let omitsBody: Bool
    /// `DCS-Lag: …` with its line end, where what is shown may be old; else nothing.
    var lag = UnsafeRawBufferPointer(start: nil, count: 0)

    static let closing: StaticString = "Connection: close\r\n"
    static let keeping: StaticString = "Connection: keep-alive\r\n"

    /// Room that the lines written by `begin` and `endHead` take at most: status line 64, date 37,
    /// node 75, lag 31, connection 24, content type 64, Content-Length 38, empty line 2.
    static let headBytesMax = 352

    init(date: UnsafeRawBufferPointer, keepsAlive: Bool, minorVersion: UInt8, omitsBody: Bool) {
        self.date = date
        self.omitsBody = omitsBody
        connection = keepsAlive ? (minorVersion == 0 ? Self.keeping : "") : Self.closing
    }

    /// The same with a line that tells how old what is shown may be.
    @inline(__always)
    func telling(_ lag: UnsafeRawBufferPointer) -> AnswerFrame {
        var frame = self
        frame.lag = lag
        return frame
    }

    /// The status line and the fields of every answer. `lead` is a whole status line, with more
    /// fields behind it or not.
    @inline(__always)
    func begin(_ lead: StaticString, _ cursor: inout ByteCursor) {
        cursor.write(lead)
        cursor.write(date)
        if lag.count > 0 { cursor.write(lag) }
        if connection.utf8CodeUnitCount > 0 { cursor.write(connection) }
    }

    /// `Content-Length` and the end of the head.
    @inline(__always)
    func endHead(length: Int, _ cursor: inout ByteCursor) {
        cursor.write("Content-Length: ")
        cursor.writeDecimal(UInt64(length))
        cursor.write("\r\n\r\n")
    }
}

/// Whole status lines.
enum StatusLine {
    static let ok: StaticString = "HTTP/1.1 200 OK\r\n"
    static let okJSON: StaticString = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
    static let created: StaticString = "HTTP/1.1 201 Created\r\n"
    static let noContent: StaticString = "HTTP/1.1 204 No Content\r\n"
    static let partial: StaticString = "HTTP/1.1 206 Partial Content\r\n"
    static let notModified: StaticString = "HTTP/1.1 304 Not Modified\r\n"

    static func of(_ status: Int) -> StaticString {
        switch status {
        case 400: "HTTP/1.1 400 Bad Request\r\n"
        case 401: "HTTP/1.1 401 Unauthorized\r\n"
        case 403: "HTTP/1.1 403 Forbidden\r\n"
        case 404: "HTTP/1.1 404 Not Found\r\n"
        case 405: "HTTP/1.1 405 Method Not Allowed\r\n"
        case 408: "HTTP/1.1 408 Request Timeout\r\n"
        case 409: "HTTP/1.1 409 Conflict\r\n"
        case 411: "HTTP/1.1 411 Length Required\r\n"
        case 412: "HTTP/1.1 412 Precondition Failed\r\n"
        case 413: "HTTP/1.1 413 Content Too Large\r\n"
        case 414: "HTTP/1.1 414 URI Too Long\r\n"
        case 415: "HTTP/1.1 415 Unsupported Media Type\r\n"
        case 416: "HTTP/1.1 416 Range Not Satisfiable\r\n"
        case 417: "HTTP/1.1 417 Expectation Failed\r\n"
        case 429: "HTTP/1.1 429 Too Many Requests\r\n"
        case 431: "HTTP/1.1 431 Request Header Fields Too Large\r\n"
        case 501: "HTTP/1.1 501 Not Implemented\r\n"
        case 503: "HTTP/1.1 503 Service Unavailable\r\n"
        case 504: "HTTP/1.1 504 Gateway Timeout\r\n"
        case 505: "HTTP/1.1 505 HTTP Version Not Supported\r\n"
        case 507: "HTTP/1.1 507 Insufficient Storage\r\n"
        default: "HTTP/1.1 500 Internal Server Error\r\n"
        }
    }
}

extension Problem {
    /// Bytes of the JSON object.
    private var bodyCount: Int {
        let fixed = #"{"type":"urn:dcs:error:","title":"","status":400,"detail":""}"#.utf8.count
        let texts = kind.utf8CodeUnitCount + title.utf8CodeUnitCount
        return fixed + texts + detail.withBytes { JSONText(measuring: $0).count(of: $0) }
    }

    /// Room that `write` takes at most.
    var bytesMax: Int {
        AnswerFrame.headBytesMax + bodyCount + fields.withBytes { $0.count }
    }

    func write(_ frame: AnswerFrame, to cursor: inout ByteCursor) {
        frame.begin(StatusLine.of(status), &cursor)
        cursor.write("Content-Type: application/problem+json\r\n")
        fields.withBytes { cursor.write($0) }
        frame.endHead(length: bodyCount, &cursor)
        if !frame.omitsBody { writeObject(to: &cursor) }
    }

    /// The JSON object alone; at most `bytesMax` bytes.
    func writeObject(to cursor: inout ByteCursor) {
        cursor.write(#"{"type":"urn:dcs:error:"#)
        cursor.write(kind)
        cursor.write(#"","title":""#)
        cursor.write(title)
        cursor.write(#"","status":"#)
        cursor.writeDecimal(UInt64(status))
        cursor.write(#","detail":""#)
        detail.withBytes { JSONText(measuring: $0).write($0, to: &cursor) }
        cursor.write(#""}"#)
    }
}
