/// A value as it was given, before the setting's kind has judged it.
enum GivenValue: Sendable, Equatable {
    /// From a typed file.
    case integer(Int64)
    case number(Double)
    case boolean(Bool)
    case text(String)
    /// A type that no setting has, by name.
    case other(String)
    /// From the environment or a flag: characters whose type the setting decides.
    case characters(String)

    /// The value for a message; `nil` asks for no more than its type.
    var shown: String {
        switch self {
        case .integer(let value): String(value)
        case .number(let value): String(value)
        case .boolean(let value): String(value)
        case .text(let value), .characters(let value): "\"\(value)\""
        case .other(let type): type
        }
    }
}

/// A value that its setting's kind has accepted.
enum SettingValue: Sendable, Equatable {
    /// Bytes, milliseconds or a count.
    case integer(UInt64)
    case boolean(Bool)
    case text(String)
    case secret(Secret)
}

/// A type that a property of `Configuration` may have.
///
/// `init(setting:)` traps on a case that the setting's kind never produces: that is a mistake in
/// the table of settings, not in a user's file.
protocol SettingConvertible: Sendable {
    init(setting value: SettingValue)
    /// Nil where nothing is set.
    var settingValue: SettingValue? { get }
}

extension UInt64: SettingConvertible {
    init(setting value: SettingValue) {
        guard case .integer(let number) = value else { preconditionFailure("not an integer") }
        self = number
    }

    var settingValue: SettingValue? { .integer(self) }
}

extension Int: SettingConvertible {
    init(setting value: SettingValue) { self = Int(UInt64(setting: value)) }

    var settingValue: SettingValue? { .integer(UInt64(self)) }
}

extension Bool: SettingConvertible {
    init(setting value: SettingValue) {
        guard case .boolean(let flag) = value else { preconditionFailure("not a boolean") }
        self = flag
    }

    var settingValue: SettingValue? { .boolean(self) }
}

extension String: SettingConvertible {
    init(setting value: SettingValue) {
        guard case .text(let text) = value else { preconditionFailure("not a text") }
        self = text
    }

    var settingValue: SettingValue? { .text(self) }
}

extension Secret: SettingConvertible {
    init(setting value: SettingValue) {
        guard case .secret(let secret) = value else { preconditionFailure("not a secret") }
        self = secret
    }

    var settingValue: SettingValue? { .secret(self) }
}

extension Optional: SettingConvertible where Wrapped: SettingConvertible {
    init(setting value: SettingValue) { self = Wrapped(setting: value) }

    var settingValue: SettingValue? { flatMap(\.settingValue) }
}

extension SettingConvertible where Self: RawRepresentable, RawValue == String {
    init(setting value: SettingValue) {
        let text = String(setting: value)
        guard let known = Self(rawValue: text) else { preconditionFailure("unknown \(text)") }
        self = known
    }

    var settingValue: SettingValue? { .text(rawValue) }
}

extension Eviction: SettingConvertible {}
extension WALSync: SettingConvertible {}
extension ReplicationAck: SettingConvertible {}
extension LogLevel: SettingConvertible {}
