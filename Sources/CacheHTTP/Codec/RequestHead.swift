/// A request method that a route can name.
enum Method: UInt8, Sendable {
    case get, head, put, post, delete, options
    /// Any other token.
    case other
}

/// How the end of a request's body is found.
enum BodyFraming: Equatable, Sendable {
    case none
    case length(Int)
    case chunked
}

/// The fields that the data plane knows; each at most once but for lists.
struct FieldSet: OptionSet, Sendable {
    let rawValue: UInt32

    static let host = FieldSet(rawValue: 1 << 0)
    static let contentLength = FieldSet(rawValue: 1 << 1)
    static let transferEncoding = FieldSet(rawValue: 1 << 2)
    static let contentType = FieldSet(rawValue: 1 << 3)
    static let contentEncoding = FieldSet(rawValue: 1 << 4)
    static let ifMatch = FieldSet(rawValue: 1 << 5)
    static let ifNoneMatch = FieldSet(rawValue: 1 << 6)
    static let ifRange = FieldSet(rawValue: 1 << 7)
    static let range = FieldSet(rawValue: 1 << 8)
    static let cacheControl = FieldSet(rawValue: 1 << 9)
    static let authorization = FieldSet(rawValue: 1 << 10)
    static let wait = FieldSet(rawValue: 1 << 11)
    static let minLSN = FieldSet(rawValue: 1 << 12)
    static let expectContinue = FieldSet(rawValue: 1 << 13)
    static let expectOther = FieldSet(rawValue: 1 << 14)
    static let close = FieldSet(rawValue: 1 << 15)
    static let keepAlive = FieldSet(rawValue: 1 << 16)
    /// A field that may stand once stands twice; the request is refused, its framing is certain.
    static let repeated = FieldSet(rawValue: 1 << 17)
}

/// The offsets of a request's parts; a plain value beside the bytes it speaks of.
///
/// Offsets count from the first byte of the request. An extent means something only where `fields`
/// holds its field. Lists (`If-Match`, `If-None-Match`, `Cache-Control`) may stand on several
/// lines and are found again by `forEachValue`.
struct RequestHead: Equatable, Sendable {
    var method: Method = .other
    /// 0 or 1: HTTP/1.0 or HTTP/1.1.
    var minorVersion: UInt8 = 1
    var fields: FieldSet = []
    var framing: BodyFraming = .none
    /// Path and query; of an absolute target what follows the authority, empty for none.
    var target: Extent = .empty
    /// Offset of the target's `?`, or its end.
    var queryMark: Int32 = 0
    /// Offset of the first field line.
    var fieldsStart: Int32 = 0
    /// Length of the whole head, the empty line included.
    var count: Int = 0

    var contentType: Extent = .empty
    var contentEncoding: Extent = .empty
    var ifRange: Extent = .empty
    var range: Extent = .empty
    var authorization: Extent = .empty
    var wait: Extent = .empty
    var minLSN: Extent = .empty

    /// True where the connection stays open after the answer.
    @inline(__always)
    var keepsAlive: Bool {
        minorVersion == 1
            ? !fields.contains(.close)
            : fields.contains(.keepAlive) && !fields.contains(.close)
    }

    @inline(__always)
    func path(in bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: bytes[Int(target.start)..<Int(queryMark)])
    }

    /// What follows the `?`; empty where there is none.
    @inline(__always)
    func query(in bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        let end = target.end
        return UnsafeRawBufferPointer(rebasing: bytes[min(Int(queryMark) + 1, end)..<end])
    }

    /// Moves everything behind the target by `distance` bytes.
    @inline(__always)
    mutating func move(by distance: Int32) {
        fieldsStart &+= distance
        count &+= Int(distance)
        contentType.start &+= distance
        contentEncoding.start &+= distance
        ifRange.start &+= distance
        range.start &+= distance
        authorization.start &+= distance
        wait.start &+= distance
        minLSN.start &+= distance
    }

    /// Calls `body` with the value of each line of the field `name` (lower case), in order.
    /// - Complexity: O(head); only for requests that carry the field.
    func forEachValue(
        of name: StaticString, in bytes: UnsafeRawBufferPointer,
        _ body: (UnsafeRawBufferPointer) -> Void
    ) {
        var line = Int(fieldsStart)
        while line < count - 2 {
            var end = line
            while bytes[end] != ASCII.lineFeed { end += 1 }
            var colon = line
            while colon < end, bytes[colon] != UInt8(ascii: ":") { colon += 1 }
            let found = UnsafeRawBufferPointer(rebasing: bytes[line..<colon])
            if colon < end, ASCII.equalsIgnoringCase(found, name) {
                let value = UnsafeRawBufferPointer(rebasing: bytes[(colon + 1)..<(end - 1)])
                body(ASCII.trimmed(value))
            }
            line = end + 1
        }
    }
}

/// Why the bytes of a request are refused. Its framing is lost: the connection is closed after it.
struct RequestFault: Error, Equatable, Sendable {
    let status: UInt16
    let detail: StaticString

    init(_ status: UInt16, _ detail: StaticString) {
        self.status = status
        self.detail = detail
    }

    static func malformed(_ detail: StaticString) -> RequestFault { RequestFault(400, detail) }

    static func == (left: RequestFault, right: RequestFault) -> Bool {
        left.status == right.status && left.detail.utf8Start == right.detail.utf8Start
    }
}
