internal import CacheBase
internal import CacheEngine
internal import NIOCore

/// Why the server ends an event stream. The names are told to clients and never change.
enum EventStreamEnd: String, Sendable {
    /// The client does not take its events, or the log has moved on past what it has taken.
    case slow
    /// The node is going to stop.
    case draining
    /// The token is not valid any more.
    case unauthorized
    /// The node has no room for what is to be told.
    case overloaded

    fileprivate var detail: StaticString {
        switch self {
        case .slow: "The client takes its events too slowly."
        case .draining: "The node is stopping."
        case .unauthorized: "The token is not valid any more."
        case .overloaded: "The node has no room for these events now."
        }
    }
}

/// Server-sent events (HTML standard, section 9.2) as text. Whatever a key holds, no line of it
/// ends where the text does not: JSON escapes line ends.
extension ByteBuffer {
    /// What every stream begins with: how long to wait before coming back, and where it stands.
    mutating func appendEventPreamble(_ position: LSN) {
        append(atMost: 64) { cursor in
            cursor.write("retry: ")
            cursor.writeDecimal(UInt64(HTTPLimits.eventRetryMilliseconds))
            cursor.write("\nid: ")
            cursor.writeDecimal(position.rawValue)
            cursor.write("\n\n")
        }
    }

    /// A comment, and where the stream stands; no event to who reads it.
    mutating func appendEventPosition(_ position: LSN) {
        append(atMost: 48) { cursor in
            cursor.write(": alive\nid: ")
            cursor.writeDecimal(position.rawValue)
            cursor.write("\n\n")
        }
    }

    mutating func append(_ change: Change) {
        change.key.withUnsafeBytes { key in
            let text = JSONText(measuring: key)
            append(atMost: 160 + text.count(of: key)) { cursor in
                if change.endsPosition {
                    cursor.write("id: ")
                    cursor.writeDecimal(change.position.rawValue)
                    cursor.write("\n")
                }
                cursor.write("event: ")
                cursor.write(change.kind.name)
                cursor.write("\ndata: {\"kind\":\"")
                cursor.write(change.kind.name)
                cursor.write("\",\"key\":\"")
                text.write(key, to: &cursor)
                cursor.write(text == .binary ? "\",\"key_encoding\":\"base64\"" : "\"")
                cursor.write(",\"lsn\":")
                cursor.writeDecimal(change.lsn.rawValue)
                cursor.write("}\n\n")
            }
        }
    }

    /// Some events of these kinds are not told; those that follow are.
    mutating func appendEventGap(_ kinds: [ChangeKind]) {
        append(atMost: 160) { cursor in
            cursor.write("event: gap\ndata: {\"kinds\":[")
            for (index, kind) in kinds.enumerated() {
                cursor.write(index == 0 ? "\"" : ",\"")
                cursor.write(kind.name)
                cursor.write("\"")
            }
            cursor.write("],\"detail\":\"Events of these kinds may be missing here.\"}\n\n")
        }
    }

    mutating func appendEventStreamEnd(_ end: EventStreamEnd) {
        append(atMost: 160) { cursor in
            cursor.write("event: end\ndata: {\"reason\":\"")
            Array(end.rawValue.utf8).withUnsafeBytes { cursor.write($0) }
            cursor.write("\",\"detail\":\"")
            cursor.write(end.detail)
            cursor.write("\"}\n\n")
        }
    }
}

extension ChangeKind {
    fileprivate var name: StaticString {
        switch self {
        case .put: "put"
        case .delete: "delete"
        case .expire: "expire"
        case .evict: "evict"
        }
    }
}
