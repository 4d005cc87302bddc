/// The name of one written value. Every write of a history has its own, so that a read tells which
/// write it saw.
package struct ValueID: RawRepresentable, Hashable, Comparable, Sendable, CustomStringConvertible {
    package let rawValue: Int

    package init(rawValue: Int) { self.rawValue = rawValue }

    package init(_ number: Int) { rawValue = number }

    package static func < (left: ValueID, right: ValueID) -> Bool { left.rawValue < right.rawValue }

    package var description: String { "v\(rawValue)" }
}

/// What must hold of a key's value for a write to be applied.
package enum WriteRule: Hashable, Sendable {
    case always
    case absent
    case present
    case value(ValueID)
    case notValue(ValueID)

    /// True where a write under this rule is applied to a key with this value (nil: none).
    package func holds(for value: ValueID?) -> Bool {
        switch self {
        case .always: true
        case .absent: value == nil
        case .present: value != nil
        case .value(let wanted): value == wanted
        case .notValue(let unwanted): value != unwanted
        }
    }
}
