internal import Glibc

/// Finds a request's head in bytes that may come in any pieces (RFC 9112, strictly).
///
/// Invariants: lines before `lineStart` are parsed and never looked at again; no line feed stands
/// in `lineStart..<scanned`. So the work is linear, however small the pieces are.
///
/// The caller hands over the same bytes again, with more behind them, until the step is not
/// `incomplete`; then resets. No I/O, no allocation.
struct RequestParser: Sendable {
    enum Step: Equatable {
        case incomplete
        /// `head` is whole.
        case complete
        case failed(RequestFault)
    }

    var head = RequestHead()
    private var lineStart = 0
    private var scanned = 0
    private var fieldCount = 0
    private var sawRequestLine = false
    private var skippedEmptyLine = false
    private var memo = HeadMemo()

    /// Ready for the next request.
    @inline(__always)
    mutating func reset() {
        head.fields = []
        head.framing = .none
        lineStart = 0
        scanned = 0
        fieldCount = 0
        sawRequestLine = false
        skippedEmptyLine = false
    }

    @inline(__always)
    mutating func parse(_ bytes: UnsafeRawBufferPointer) -> Step {
        if scanned == 0, memo.recall(bytes, into: &head) { return .complete }
        return parseLines(bytes)
    }

    private mutating func parseLines(_ bytes: UnsafeRawBufferPointer) -> Step {
        while let lineFeed = nextLineFeed(in: bytes) {
            let start = lineStart
            lineStart = lineFeed + 1
            scanned = lineStart
            if lineStart > HTTPLimits.headBytesMax { return .failed(tooLarge) }
            guard lineFeed > start, bytes[lineFeed - 1] == ASCII.carriageReturn else {
                return .failed(.malformed("A line feed without a carriage return before it."))
            }
            let end = lineFeed - 1
            if start == end, sawRequestLine { return finish(bytes) }
            do throws(RequestFault) {
                try parseLine(bytes, start, end)
            } catch {
                return .failed(error)
            }
        }
        return bytes.count > HTTPLimits.headBytesMax ? .failed(tooLarge) : .incomplete
    }

    private mutating func parseLine(
        _ bytes: UnsafeRawBufferPointer, _ start: Int, _ end: Int
    ) throws(RequestFault) {
        if sawRequestLine {
            fieldCount += 1
            guard fieldCount <= HTTPLimits.fieldsMax else {
                throw RequestFault(431, "More than 100 header fields.")
            }
            try parseField(bytes, start, end)
        } else if start == end {
            // One empty line before a request is left over from clients that end bodies with it.
            guard !skippedEmptyLine else { throw .malformed("Empty lines before a request.") }
            skippedEmptyLine = true
        } else {
            try parseRequestLine(bytes, start, end)
            sawRequestLine = true
            head.fieldsStart = Int32(lineStart)
        }
    }

    private var tooLarge: RequestFault {
        sawRequestLine
            ? RequestFault(431, "The head exceeds 16384 bytes.")
            : RequestFault(414, "The request line exceeds 16384 bytes.")
    }

    @inline(__always)
    private mutating func nextLineFeed(in bytes: UnsafeRawBufferPointer) -> Int? {
        guard scanned < bytes.count, let base = bytes.baseAddress else { return nil }
        guard let found = memchr(base + scanned, Int32(ASCII.lineFeed), bytes.count - scanned)
        else {
            scanned = bytes.count
            return nil
        }
        return UnsafeRawPointer(found) - base
    }

    private mutating func parseRequestLine(
        _ bytes: UnsafeRawBufferPointer, _ start: Int, _ end: Int
    ) throws(RequestFault) {
        var index = start
        while index < end, ASCII.isToken(bytes[index]) { index += 1 }
        guard index > start, index < end, bytes[index] == ASCII.space else {
            throw .malformed("The request does not begin with a method and a space.")
        }
        head.method = Self.method(UnsafeRawBufferPointer(rebasing: bytes[start..<index]))
        let targetStart = index + 1
        index = targetStart
        var mark = -1
        while index < end, ASCII.isTarget(bytes[index]) {
            if mark < 0, bytes[index] == UInt8(ascii: "?") { mark = index }
            index += 1
        }
        guard index > targetStart, index < end, bytes[index] == ASCII.space else {
            throw .malformed("The request target is empty or holds a forbidden character.")
        }
        head.target = Extent(targetStart, index)
        head.queryMark = Int32(mark < 0 ? index : mark)
        try parseVersion(UnsafeRawBufferPointer(rebasing: bytes[(index + 1)..<end]))
        if bytes[targetStart] != UInt8(ascii: "/") { try parseOtherForm(bytes) }
    }

    @inline(__always)
    private mutating func parseVersion(_ text: UnsafeRawBufferPointer) throws(RequestFault) {
        guard text.count == 8, ASCII.hasPrefix(text, "HTTP/"), ASCII.isDigit(text[5]),
            text[6] == UInt8(ascii: "."), ASCII.isDigit(text[7])
        else { throw .malformed("The request line does not end in an HTTP version.") }
        guard text[5] == UInt8(ascii: "1") else {
            throw RequestFault(505, "Only HTTP/1.1 and HTTP/1.0 are spoken here.")
        }
        head.minorVersion = text[7] == UInt8(ascii: "0") ? 0 : 1
    }

    /// The absolute form (`http://host/path`), whose path is taken, and `OPTIONS *`.
    private mutating func parseOtherForm(_ bytes: UnsafeRawBufferPointer) throws(RequestFault) {
        let target = head.target.bytes(in: bytes)
        if head.method == .options, ASCII.equals(target, "*") { return }
        let scheme = target.prefix(8)
        let lead = UnsafeRawBufferPointer(rebasing: scheme)
        var index: Int
        if lead.count > 7, ASCII.equalsIgnoringCase(.init(rebasing: lead[..<7]), "http://") {
            index = 7
        } else if ASCII.equalsIgnoringCase(lead, "https://") {
            index = 8
        } else {
            throw .malformed("The request target is neither a path nor an absolute URI.")
        }
        let authority = index
        while index < target.count, ASCII.isHost(target[index]) { index += 1 }
        let isEnd =
            index == target.count || target[index] == UInt8(ascii: "/")
            || target[index] == UInt8(ascii: "?")
        guard index > authority, isEnd else { throw .malformed("The target's host is malformed.") }
        let end = head.target.end
        head.target = Extent(Int(head.target.start) + index, end)
    }

    private mutating func finish(_ bytes: UnsafeRawBufferPointer) -> Step {
        head.count = lineStart
        if !head.fields.contains(.host), head.minorVersion == 1 {
            return .failed(.malformed("An HTTP/1.1 request without Host."))
        }
        if head.fields.contains(.transferEncoding) {
            guard !head.fields.contains(.contentLength) else {
                return .failed(.malformed("Both Content-Length and Transfer-Encoding."))
            }
            guard head.minorVersion == 1 else {
                return .failed(.malformed("Transfer-Encoding in an HTTP/1.0 request."))
            }
        }
        if !skippedEmptyLine { memo.keep(head, of: bytes) }
        return .complete
    }

    private static func method(_ token: UnsafeRawBufferPointer) -> Method {
        switch token.count {
        case 3:
            if ASCII.equals(token, "GET") { return .get }
            return ASCII.equals(token, "PUT") ? .put : .other
        case 4:
            if ASCII.equals(token, "POST") { return .post }
            return ASCII.equals(token, "HEAD") ? .head : .other
        case 6: return ASCII.equals(token, "DELETE") ? .delete : .other
        case 7: return ASCII.equals(token, "OPTIONS") ? .options : .other
        default: return .other
        }
    }
}
