/// One row of the table of settings: a key with everything that is known of it.
///
/// Reading files, the environment and flags, the help text and the reference in the manual all
/// derive from these rows; the default is what a new `Configuration` holds.
package struct Setting: Sendable {
    /// Whether a running node takes a new value.
    package enum Change: String, Sendable {
        case live = "at run time"
        case restart = "restart"
    }

    /// A part of the program whose settings mean something together only.
    package enum Feature: String, Sendable, CaseIterable {
        case authentication, encryption, peers
    }

    package let key: String
    package let kind: SettingKind
    /// What it does, its unit, and what a larger or smaller value costs.
    package let meaning: String
    package let change: Change
    /// The part that it belongs to, where it means nothing by itself.
    package let feature: Feature?
    /// Stands in the manual where the default depends on the machine or on another setting.
    package let defaultNote: String?
    private let write: @Sendable (inout Configuration, SettingValue) -> Void
    let read: @Sendable (Configuration) -> SettingValue?

    init<Value: SettingConvertible>(
        _ key: String, _ kind: SettingKind,
        _ path: any WritableKeyPath<Configuration, Value> & Sendable,
        change: Change = .restart, feature: Feature? = nil, defaultNote: String? = nil,
        _ meaning: String
    ) {
        self.key = key
        self.kind = kind
        self.meaning = meaning
        self.change = change
        self.feature = feature
        self.defaultNote = defaultNote
        write = { configuration, value in configuration[keyPath: path] = Value(setting: value) }
        read = { configuration in configuration[keyPath: path].settingValue }
    }

    /// True where the value is shown to nobody and may come from a file named by the environment.
    package var isSecret: Bool {
        if case .secret = kind { true } else { false }
    }

    /// The variable that sets it.
    package var environmentName: String { "DCS_" + key.uppercased() }

    /// Stores a value that `kind` has accepted.
    func apply(_ value: SettingValue, to configuration: inout Configuration) {
        write(&configuration, value)
    }

    /// The value as a file would hold it; nil where nothing is set.
    package func shown(in configuration: Configuration) -> String? {
        guard let value = read(configuration) else { return nil }
        switch (value, kind) {
        case (.integer(let number), .seconds): return Quantity.shownSeconds(number)
        case (.integer(let number), _): return String(number)
        case (.boolean(let flag), _): return String(flag)
        case (.text(let text), _): return "\"\(text)\""
        case (.secret(let secret), _): return secret.description
        }
    }

    /// The row of that key.
    package static func named(_ key: String) -> Setting? {
        all.first { $0.key == key }
    }
}
