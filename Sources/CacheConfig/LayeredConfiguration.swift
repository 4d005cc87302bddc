/// A configuration with the layers that it came from, so that a running node can say where a value
/// came from, take another, and give it back.
///
/// Invariant: overrides are of settings that change at run time, and their values are accepted
/// ones. They are the strongest layer, so that what an operator changed last stays changed.
package struct LayeredConfiguration: Sendable {
    typealias Accepted = (value: SettingValue, origin: SettingOrigin)

    /// Name of the file in the data folder that keeps what was changed at run time.
    package static let overridesFile = "overrides.toml"

    /// Flag, environment and file; what is missing has its default.
    private let base: [String: Accepted]
    private let roles: [RoleDefinition]
    private(set) var overrides: [String: Accepted]

    init(base: [String: Accepted], roles: [RoleDefinition], overrides: [String: Accepted] = [:]) {
        self.base = base
        self.roles = roles
        self.overrides = overrides
    }

    /// The values in effect.
    package var configuration: Configuration {
        var configuration = Configuration()
        configuration.roles = roles
        for setting in Setting.all {
            if let (value, _) = overrides[setting.key] ?? base[setting.key] {
                setting.apply(value, to: &configuration)
            }
        }
        return configuration
    }

    /// Where a setting's value was given; nil for the default.
    package func origin(of setting: Setting) -> SettingOrigin? {
        overrides[setting.key]?.origin ?? base[setting.key]?.origin
    }

    /// Keys that were changed at run time, sorted.
    package var overriddenKeys: [String] { overrides.keys.sorted() }

    /// What the file of overrides says.
    package var overridesText: String {
        let configuration = configuration
        let lines = Setting.all.compactMap { setting -> String? in
            guard overrides[setting.key] != nil else { return nil }
            return setting.shown(in: configuration).map { "\(setting.key) = \($0)\n" }
        }
        return "# Settings changed at run time. They go before flags, environment and file.\n"
            + lines.joined()
    }
}

/// A new value for a setting, of the types that JSON has.
package enum PatchValue: Sendable, Equatable {
    case integer(Int64)
    case number(Double)
    case boolean(Bool)
    case text(String)
    /// Back to what flag, environment, file or default say.
    case reset
    /// A type that no setting has, by name.
    case other(String)

    fileprivate var given: GivenValue? {
        switch self {
        case .integer(let value): .integer(value)
        case .number(let value): .number(value)
        case .boolean(let value): .boolean(value)
        case .text(let value): .text(value)
        case .other(let type): .other(type)
        case .reset: nil
        }
    }
}

/// Why a change of settings was refused; nothing of it was applied.
package enum PatchRefusal: Error, Sendable, Equatable {
    /// A key is unknown, or a value is wrong: what, each as a sentence.
    case invalid([String])
    /// Each is right, but some take effect with a restart only.
    case needsRestart([String])

    /// What is wrong, each as a sentence.
    package var reasons: [String] {
        switch self {
        case .invalid(let reasons), .needsRestart(let reasons): reasons
        }
    }
}

extension LayeredConfiguration {
    /// The configuration with changed values; all of them or none.
    /// - Throws: `PatchRefusal` with everything that is wrong.
    package func patched(
        _ changes: [String: PatchValue]
    ) throws(PatchRefusal) -> LayeredConfiguration {
        var result = self
        var invalid: [String] = []
        var fixed: [String] = []
        for (key, change) in changes.sorted(by: { $0.key < $1.key }) {
            guard let setting = Setting.named(key) else {
                invalid.append("\(key): unknown setting.")
                continue
            }
            guard setting.change == .live else {
                fixed.append("\(key) needs a restart.")
                continue
            }
            do {
                result.overrides[key] = try Self.accept(change, for: setting)
            } catch {
                invalid.append("\(key): \(error.reason).")
            }
        }
        if !invalid.isEmpty { throw .invalid(invalid) }
        if !fixed.isEmpty { throw .needsRestart(fixed) }
        return result
    }

    private static func accept(
        _ change: PatchValue, for setting: Setting
    ) throws(Refusal) -> Accepted? {
        guard let given = change.given else { return nil }
        return (try setting.kind.accept(given), .runtime)
    }
}
