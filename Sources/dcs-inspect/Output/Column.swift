internal import CacheConsole

/// A named value of a report: its place in a table, its name and its type in JSON.
struct Column: Sendable {
    enum Kind: Sendable {
        case text
        case count
        case real
        case flag
        /// Milliseconds since 1970 in JSON, a date in text.
        case time
        /// Rows of their own; in text only their number.
        case list([Column])
    }

    let name: String
    let kind: Kind
    let isOptional: Bool
    /// What the schema says of it.
    let about: String

    init(_ name: String, _ kind: Kind, optional: Bool = false, _ about: String) {
        self.name = name
        self.kind = kind
        self.isOptional = optional
        self.about = about
    }

    /// Characters in a table; the last column of a row takes what it needs.
    var width: Int {
        switch kind {
        case .text: max(name.count, 16)
        case .count: max(name.count, 10)
        case .real: max(name.count, 8)
        case .flag: max(name.count, 5)
        case .time: 24
        case .list: name.count
        }
    }

    var isLeftAligned: Bool {
        switch kind {
        case .text, .time: true
        case .count, .real, .flag, .list: false
        }
    }
}

/// A value of a column.
enum Value: Sendable {
    case none
    case text(String)
    case count(UInt64)
    case real(Double)
    case flag(Bool)
    case time(UInt64)
    case list([[Value]])

    /// A count, or none.
    static func maybe(_ count: UInt64?) -> Value { count.map(Value.count) ?? .none }

    /// A time, or none for 0.
    static func moment(_ milliseconds: UInt64) -> Value {
        milliseconds == 0 ? .none : .time(milliseconds)
    }

    static func number(_ value: some BinaryInteger) -> Value { .count(UInt64(value)) }
}

extension ReadableBytes {
    /// The encoding as reports name it.
    var encoding: Value { isBase64 ? .text("base64") : .none }
}
