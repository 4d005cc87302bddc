/// Why a file cannot be read.
package enum UnreadableFile: Error, Equatable, CustomStringConvertible {
    case missing
    /// With the system's reason.
    case refused(String)

    package var description: String {
        switch self {
        case .missing: "there is no such file"
        case .refused(let reason): reason
        }
    }
}

/// Puts a configuration together from its layers: what was changed at run time, flag, environment,
/// file, default.
///
/// Every layer is checked whole, also where a stronger one hides its values: a file that is wrong
/// today would surprise tomorrow.
package struct ConfigurationLoader: Sendable {
    /// A flag of the command line that sets a key.
    package struct Flag: Sendable, Equatable {
        /// As typed, for messages: `--set`, `--metrics-port`.
        package let name: String
        package let key: String
        package let value: String

        package init(name: String, key: String, value: String) {
            self.name = name
            self.key = key
            self.value = value
        }
    }

    /// Returns the bytes of a small file.
    package typealias ReadFile = (_ path: String) throws(UnreadableFile) -> [UInt8]

    /// The file looked for where none is named.
    package static let usualFile = "config.toml"
    /// A configuration or a secret longer than this is refused.
    package static let fileBytesMax = 1 << 20

    private let environment: [String: String]
    private let flags: [Flag]
    private var accepted: [String: LayeredConfiguration.Accepted] = [:]
    private var overrides: [String: LayeredConfiguration.Accepted] = [:]
    private var roles: [RoleDefinition] = []
    private var problems: [ConfigurationError.Problem] = []

    private init(environment: [String: String], flags: [Flag]) {
        self.environment = environment
        self.flags = flags
    }

    /// Loads and checks a configuration.
    /// - Parameter file: a file named by the user, which must exist; nil looks for `usualFile`.
    /// - Throws: `ConfigurationError` with every problem found.
    package static func load(
        file: String?, environment: [String: String], flags: [Flag], readFile: ReadFile
    ) throws(ConfigurationError) -> Configuration {
        try loadLayers(
            file: file, environment: environment, flags: flags, readFile: readFile
        ).configuration
    }

    /// As `load`, with the layers.
    package static func loadLayers(
        file: String?, environment: [String: String], flags: [Flag], readFile: ReadFile
    ) throws(ConfigurationError) -> LayeredConfiguration {
        var loader = ConfigurationLoader(environment: environment, flags: flags)
        loader.takeFile(named: file, readFile)
        loader.takeEnvironment(readFile)
        loader.takeFlags()
        loader.takeOverrides(readFile)
        return try loader.finished()
    }

    private mutating func takeFile(named name: String?, _ readFile: ReadFile) {
        guard
            let file = readConfigurationFile(
                name ?? Self.usualFile, isOptional: name == nil, readFile)
        else { return }
        roles = file.roles.sorted { $0.name < $1.name }
        takeLayer(file.settings)
    }

    /// What was changed at run time, from the data folder that the other layers name.
    private mutating func takeOverrides(_ readFile: ReadFile) {
        let folder = LayeredConfiguration(base: accepted, roles: []).configuration.dataDirectory
        let path = folder + "/" + LayeredConfiguration.overridesFile
        guard let file = readConfigurationFile(path, isOptional: true, readFile) else { return }
        overrides = check(file.settings)
        for (key, override) in overrides.sorted(by: { $0.key < $1.key })
        where Setting.named(key)?.change != .live {
            report(override.origin, key, "does not change at run time; remove the line")
        }
    }

    /// Nil where there is none, or where it is no text and that was reported.
    private mutating func readConfigurationFile(
        _ path: String, isOptional: Bool, _ readFile: ReadFile
    ) -> ConfigurationFile? {
        let bytes: [UInt8]
        do {
            bytes = try readFile(path)
        } catch {
            if isOptional && error == .missing { return nil }
            report(.file(path: path, line: nil), "", "cannot be read: \(error)")
            return nil
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            report(.file(path: path, line: nil), "", "not a text file: it is not UTF-8")
            return nil
        }
        let file = ConfigurationFile(path: path, text: text)
        problems += file.problems
        return file
    }

    private mutating func takeEnvironment(_ readFile: ReadFile) {
        var layer: [GivenSetting] = []
        for (name, value) in environment.sorted(by: { $0.key < $1.key })
        where name.hasPrefix("DCS_") && !ServiceLink.isOne(name, value)
            && ClientVariable(rawValue: name) == nil
        {
            if let given = fromEnvironment(name, value, readFile) { layer.append(given) }
        }
        takeLayer(layer)
    }

    private mutating func fromEnvironment(
        _ name: String, _ value: String, _ readFile: ReadFile
    ) -> GivenSetting? {
        let origin = SettingOrigin.environment(name)
        let key = name.dropFirst("DCS_".count).lowercased()
        if Setting.named(key) == nil, key.hasSuffix("_file"),
            let setting = Setting.named(String(key.dropLast("_file".count)))
        {
            guard setting.isSecret else {
                report(
                    origin, setting.key,
                    "only a secret is read from a file; set \(setting.environmentName)")
                return nil
            }
            return secret(setting, from: value, origin, readFile)
        }
        return GivenSetting(origin: origin, name: key, key: key, value: .characters(value))
    }

    private mutating func secret(
        _ setting: Setting, from path: String, _ origin: SettingOrigin, _ readFile: ReadFile
    ) -> GivenSetting? {
        do {
            guard let text = String(validating: try readFile(path), as: UTF8.self) else {
                report(origin, setting.key, "\(path) is not UTF-8")
                return nil
            }
            return GivenSetting(
                origin: origin, name: setting.key, key: setting.key,
                value: .characters(text.trimmed))
        } catch {
            report(origin, setting.key, "\(path) cannot be read: \(error)")
            return nil
        }
    }

    private mutating func takeFlags() {
        takeLayer(
            flags.map { flag in
                GivenSetting(
                    origin: .flag(flag.name), name: flag.key, key: flag.key,
                    value: .characters(flag.value))
            })
    }

    /// Lets the values of one layer replace those of the layers before.
    private mutating func takeLayer(_ layer: [GivenSetting]) {
        accepted.merge(check(layer)) { $1 }
    }

    /// The values of one layer that are right; the others are reported.
    private mutating func check(
        _ layer: [GivenSetting]
    ) -> [String: LayeredConfiguration.Accepted] {
        var right: [String: LayeredConfiguration.Accepted] = [:]
        var names: [String: GivenSetting] = [:]
        for given in layer {
            guard let setting = Setting.named(given.key) else {
                report(given.origin, given.name, unknown)
                continue
            }
            if let first = names.updateValue(given, forKey: given.key) {
                report(
                    given.origin, given.name,
                    "given twice; the other is \(first.name) (\(first.origin))")
                continue
            }
            do {
                right[given.key] = (try setting.kind.accept(given.value), given.origin)
            } catch {
                report(given.origin, given.name, error.reason)
            }
        }
        return right
    }

    private var unknown: String {
        "unknown key; allowed: " + Setting.all.map(\.key).sorted().joined(separator: ", ")
    }

    private func finished() throws(ConfigurationError) -> LayeredConfiguration {
        guard problems.isEmpty else { throw ConfigurationError(problems) }
        let layers = LayeredConfiguration(base: accepted, roles: roles, overrides: overrides)
        let conflicts = layers.configuration.conflicts()
        guard conflicts.isEmpty else { throw ConfigurationError(conflicts) }
        return layers
    }

    private mutating func report(_ origin: SettingOrigin, _ key: String, _ reason: String) {
        problems.append(.init(origin, key: key, reason: reason))
    }
}
