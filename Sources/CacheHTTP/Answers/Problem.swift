internal import CacheBase

/// An error answer (RFC 9457). `type` is `urn:dcs:error:` and the kind, which never changes.
struct Problem: Sendable {
    /// Text that is fixed, or made for this answer; the fixed one costs nothing.
    enum Text: Sendable {
        case fixed(StaticString)
        case made(String)
    }

    let status: Int
    let kind: StaticString
    let title: StaticString
    let detail: Text
    /// Header lines with their line ends, such as `Allow`.
    var fields: Text = .fixed("")

    init(
        _ status: Int, _ kind: StaticString, _ title: StaticString, _ detail: Text,
        fields: Text = .fixed("")
    ) {
        self.status = status
        self.kind = kind
        self.title = title
        self.detail = detail
        self.fields = fields
    }

    static func badRequest(_ detail: StaticString) -> Problem {
        Problem(400, "bad-request", "Malformed request", .fixed(detail))
    }

    static func badRequest(made detail: String) -> Problem {
        Problem(400, "bad-request", "Malformed request", .made(detail))
    }

    static func tooLarge(_ detail: StaticString) -> Problem {
        Problem(413, "too-large", "Too large", .fixed(detail))
    }

    static func notAllowed(_ allow: StaticString) -> Problem {
        Problem(
            405, "method-not-allowed", "Method not allowed",
            .fixed("This resource does not know the method; Allow lists those it knows."),
            fields: .fixed(allow))
    }

    static func overloaded(_ detail: StaticString) -> Problem {
        Problem(
            503, "overloaded", "Overloaded", .fixed(detail), fields: .fixed("Retry-After: 1\r\n"))
    }

    static let noPrimary = Problem(
        503, "no-primary", "No primary",
        .fixed("No node takes writes of this key for now. Not applied."),
        fields: .fixed("Retry-After: 1\r\n"))

    static let noPath = Problem(
        404, "unknown-path", "Unknown path", .fixed("There is nothing at this path."))

    static let noEntry = Problem(
        404, "not-found", "No such entry", .fixed("The key has no entry, or it has expired."))

    static let conditionFailed = Problem(
        412, "condition-failed", "Condition failed",
        .fixed("The entry is not of the version that the request demands. Not applied."))

    /// What the parser refused.
    init(_ fault: RequestFault) {
        switch fault.status {
        case 414: self.init(414, "target-too-long", "Target too long", .fixed(fault.detail))
        case 431: self.init(431, "head-too-large", "Head too large", .fixed(fault.detail))
        case 501: self.init(501, "not-implemented", "Not implemented", .fixed(fault.detail))
        case 505: self.init(505, "http-version", "HTTP version", .fixed(fault.detail))
        default: self = .badRequest(fault.detail)
        }
    }

    /// What the JSON reader refused in `text`.
    init(_ fault: JSONFault, in text: UnsafeRawBufferPointer) {
        var detail = "JSON, at byte \(fault.offset): "
        if fault.name.count > 0 {
            // A name is quoted only so far; its bytes were checked to be UTF-8.
            let name = fault.name.bytes(in: text)
            detail += "\"" + String(decoding: name.prefix(64), as: UTF8.self) + "\" "
        }
        self = .badRequest(made: detail + fault.reason.description)
    }

    /// What the store refused. Nothing was written.
    init(_ error: StorageError) {
        switch error.kind {
        case .tooLarge:
            self = .tooLarge("The entry is too large. Not applied.")
        case .noSpace:
            self.init(507, "disk-full", "Disk full", .fixed("The disk is full. Not applied."))
        case .overloaded:
            self = .overloaded("A queue is at its limit. Not applied.")
        case .poisoned, .closed:
            self.init(
                503, "not-writable", "Takes no writes",
                .fixed("This node takes no writes until it is restarted. Not applied."),
                fields: .fixed("Retry-After: 5\r\n"))
        case .notPrimary: self = .noPrimary
        case .corruption:
            self.init(
                500, "corruption", "Damaged data",
                .fixed("The stored bytes are not those that were written."))
        case .io, .notFound, .permission, .locked, .foreign, .newerFormat, .invalid:
            self.init(
                500, "storage", "Storage fault",
                .fixed("The disk refused the request. Not applied."))
        }
    }
}

extension Problem.Text {
    /// Calls `body` with the text's UTF-8.
    func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        switch self {
        case .fixed(let text):
            return body(
                UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
        case .made(var text):
            return text.withUTF8 { body(UnsafeRawBufferPointer($0)) }
        }
    }
}
