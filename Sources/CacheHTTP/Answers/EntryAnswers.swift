internal import CacheBase
internal import CacheEngine
internal import CacheNode

/// An entry as an answer shows it; from the store's view, or copied off the disk.
struct Found {
    let value: UnsafeRawBufferPointer
    let contentType: UnsafeRawBufferPointer
    let lsn: LSN
    let expiry: Expiry

    @inline(__always)
    init(_ view: EntryView) {
        value = view.value
        contentType = view.contentType
        lsn = view.lsn
        expiry = view.expiry
    }

    init(_ entry: FetchedEntry, in bytes: UnsafeRawBufferPointer) {
        value = UnsafeRawBufferPointer(rebasing: bytes[..<entry.valueCount])
        contentType = UnsafeRawBufferPointer(rebasing: bytes[entry.valueCount...])
        lsn = entry.lsn
        expiry = entry.expiry
    }
}

/// An entry copied by a thread that waited for the disk.
struct FetchedEntry: Sendable {
    /// The value, and the content type behind it.
    let bytes: [UInt8]
    let valueCount: Int
    let lsn: LSN
    let expiry: Expiry

    init(_ view: EntryView) {
        bytes = Array(view.value) + Array(view.contentType)
        valueCount = view.value.count
        lsn = view.lsn
        expiry = view.expiry
    }
}

extension AnswerQueue {
    /// `{"value":"…","found":true}`.
    @inline(__always)
    mutating func appendFoundJSON(_ found: Found, _ frame: AnswerFrame) {
        let text = JSONText(measuring: found.value)
        let count = Self.foundJSONCount(text, found.value)
        guard admit(count) else { return append(.answersFull, frame) }
        append(atMost: AnswerFrame.headBytesMax + (frame.omitsBody ? 0 : count)) { cursor in
            frame.begin(StatusLine.okJSON, &cursor)
            frame.endHead(length: count, &cursor)
            if !frame.omitsBody { Self.writeFoundJSON(text, found.value, to: &cursor) }
        }
    }

    @inline(__always)
    static func foundJSONCount(_ text: JSONText, _ value: UnsafeRawBufferPointer) -> Int {
        // {"value":"","found":true} is 25 bytes; ,"encoding":"base64" is 20 more.
        25 + text.count(of: value) + (text == .binary ? 20 : 0)
    }

    @inline(__always)
    static func writeFoundJSON(
        _ text: JSONText, _ value: UnsafeRawBufferPointer, to cursor: inout ByteCursor
    ) {
        cursor.write(#"{"value":""#)
        text.write(value, to: &cursor)
        if text == .binary {
            cursor.write(#"","encoding":"base64","found":true}"#)
        } else {
            cursor.write(#"","found":true}"#)
        }
    }

    static let missJSON: StaticString = #"{"value":null,"found":false}"#

    /// A 200 of fixed JSON.
    @inline(__always)
    mutating func appendJSON(_ json: StaticString, _ frame: AnswerFrame) {
        let count = json.utf8CodeUnitCount
        append(atMost: AnswerFrame.headBytesMax + count) { cursor in
            frame.begin(StatusLine.okJSON, &cursor)
            frame.endHead(length: count, &cursor)
            if !frame.omitsBody { cursor.write(json) }
        }
    }

    /// A 200 of JSON made beforehand.
    mutating func appendDocument(_ json: [UInt8], _ frame: AnswerFrame) {
        append(atMost: AnswerFrame.headBytesMax + json.count) { cursor in
            frame.begin(StatusLine.okJSON, &cursor)
            frame.endHead(length: json.count, &cursor)
            if !frame.omitsBody { json.withUnsafeBytes { cursor.write($0) } }
        }
    }

    /// A 200 of fixed JSON with a write's receipt.
    @inline(__always)
    mutating func appendJSON(_ json: StaticString, _ receipt: ReceiptFields, _ frame: AnswerFrame) {
        let count = json.utf8CodeUnitCount
        append(atMost: AnswerFrame.headBytesMax + ReceiptFields.bytesMax + count) { cursor in
            frame.begin(StatusLine.okJSON, &cursor)
            receipt.write(to: &cursor)
            frame.endHead(length: count, &cursor)
            cursor.write(json)
        }
    }

    mutating func append(_ problem: Problem, _ frame: AnswerFrame) {
        counters.refused(problem)
        append(atMost: problem.bytesMax) { problem.write(frame, to: &$0) }
    }

    /// What the node itself answers.
    mutating func append(_ answer: ControlAnswer, _ frame: AnswerFrame) {
        let lead = answer.status == 200 ? StatusLine.ok : StatusLine.of(answer.status)
        let fields = Problem.Text.made(answer.fieldLines)
        let room = AnswerFrame.headBytesMax + fields.withBytes { $0.count } + answer.body.count
        append(atMost: room) { cursor in
            frame.begin(lead, &cursor)
            fields.withBytes { cursor.write($0) }
            frame.endHead(length: answer.body.count, &cursor)
            if !frame.omitsBody { answer.body.withUnsafeBytes { cursor.write($0) } }
        }
    }
}

extension Problem {
    static let answersFull = Problem.overloaded("Answers of other requests take all buffers.")
}

/// The header lines of a write's receipt.
struct ReceiptFields {
    let lsn: LSN
    let isSynced: Bool
    /// Nodes that have it; nil where it is said of no partition.
    var copies: UInt8?

    /// `DCS-LSN: ` with 20 digits, `DCS-Durability: synced;copies=255`, `ETag: ""` with 20
    /// digits and a mark of 9.
    static let bytesMax = 32 + 40 + 48

    @inline(__always)
    func write(to cursor: inout ByteCursor) {
        cursor.write("DCS-LSN: ")
        cursor.writeDecimal(lsn.rawValue)
        cursor.write(isSynced ? "\r\nDCS-Durability: synced" : "\r\nDCS-Durability: log")
        if let copies {
            cursor.write(";copies=")
            cursor.writeDecimal(UInt64(copies))
        }
        cursor.write("\r\n")
    }
}
