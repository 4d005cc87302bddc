/// A value given for a key, before it is checked.
struct GivenSetting {
    let origin: SettingOrigin
    /// As written, with its table: `cache.max_memory`.
    let name: String
    let key: String
    let value: GivenValue
}

/// What a configuration file says: settings with their lines, role definitions, and problems.
struct ConfigurationFile {
    private(set) var settings: [GivenSetting] = []
    private(set) var roles: [RoleDefinition] = []
    private(set) var problems: [ConfigurationError.Problem] = []
    private let path: String

    /// Reads the text of the file at `path`, which only messages name.
    init(path: String, text: String) {
        self.path = path
        do {
            read(try TOMLDocument(text).entries)
        } catch {
            report("", error.line, "not valid TOML: \(error.reason)")
        }
    }

    private mutating func read(_ entries: [TOMLDocument.Entry]) {
        var roleEntries: [String: [TOMLDocument.Entry]] = [:]
        for entry in entries {
            let name = entry.path.joined(separator: ".")
            if entry.path[0] == Section.roles {
                let role = entry.path.count > 1 ? entry.path[1] : ""
                roleEntries[role, default: []].append(entry)
            } else if entry.path.count > 1 && !Section.names.contains(entry.path[0]) {
                reportUnknownSection(entry.path[0], entry.line)
            } else if let value = entry.value {
                let key = entry.path.dropFirst(entry.path.count > 1 ? 1 : 0).joined(separator: ".")
                let origin = SettingOrigin.file(path: path, line: entry.line)
                settings.append(
                    GivenSetting(origin: origin, name: name, key: key, value: GivenValue(value)))
            } else if !Section.names.contains(entry.path[0]) {
                reportUnknownSection(name, entry.line)
            } else if entry.path.count > 1 {
                report(name, entry.line, "a section holds keys and no other section")
            }
        }
        for (name, entries) in roleEntries.sorted(by: { $0.value[0].line < $1.value[0].line }) {
            readRole(name, entries)
        }
    }

    private mutating func readRole(_ name: String, _ entries: [TOMLDocument.Entry]) {
        // `[roles]` alone opens the table that holds them and defines none.
        if name.isEmpty, entries.allSatisfy({ $0.value == nil }) { return }
        let title = Section.roles + "." + name
        let line = entries[0].line
        guard !RoleDefinition.builtIn.contains(name) else {
            report(title, line, "a built-in role cannot be redefined")
            return
        }
        var definition = RoleDefinition(name: name)
        for entry in entries {
            guard let value = entry.value else { continue }
            let key = entry.path.dropFirst(2).joined(separator: ".")
            if let allowed = Self.take(key, value, &definition) {
                report(entry.path.joined(separator: "."), entry.line, allowed)
            }
        }
        if let problem = definition.problem { return report(title, line, problem) }
        roles.append(definition)
    }

    /// Stores one key of a role; returns what is wrong with it.
    private static func take(
        _ key: String, _ value: TOMLValue, _ definition: inout RoleDefinition
    ) -> String? {
        if key == "verbs" {
            guard let verbs = verbs(value) else {
                let known = RoleDefinition.Verb.allCases.map { "\"\($0.rawValue)\"" }
                return "allowed: an array of \(known.joined(separator: ", "))"
            }
            definition.verbs = verbs
            return nil
        }
        guard let property = prefixKeys.first(where: { $0.key == key })?.property else {
            let known = prefixKeys.map(\.key).joined(separator: ", ")
            return "unknown key; allowed: verbs, \(known)"
        }
        guard let prefixes = texts(value) else { return "allowed: an array of texts" }
        definition[keyPath: property] = prefixes
        return nil
    }

    private static var prefixKeys:
        [(key: String, property: WritableKeyPath<RoleDefinition, [String]>)]
    {
        [
            ("key_prefixes", \.keyPrefixes), ("read", \.readPrefixes), ("write", \.writePrefixes),
            ("deny_read", \.deniedReadPrefixes), ("deny_write", \.deniedWritePrefixes),
        ]
    }

    private static func verbs(_ value: TOMLValue) -> [RoleDefinition.Verb]? {
        guard let names = texts(value) else { return nil }
        let verbs = names.compactMap(RoleDefinition.Verb.init(rawValue:))
        return verbs.count == names.count ? verbs : nil
    }

    /// The elements of an array of texts; nil for anything else.
    private static func texts(_ value: TOMLValue) -> [String]? {
        guard case .array(let elements) = value else { return nil }
        let texts = elements.compactMap { element -> String? in
            if case .text(let text) = element { text } else { nil }
        }
        return texts.count == elements.count ? texts : nil
    }

    private mutating func reportUnknownSection(_ name: String, _ line: Int) {
        // Once for each section, however many keys it holds.
        guard !problems.contains(where: { $0.key == name }) else { return }
        report(
            name, line,
            "unknown section; allowed: \(Section.names.joined(separator: ", ")), roles.NAME")
    }

    private mutating func report(_ key: String, _ line: Int, _ reason: String) {
        problems.append(.init(.file(path: path, line: line), key: key, reason: reason))
    }
}

extension GivenValue {
    fileprivate init(_ value: TOMLValue) {
        switch value {
        case .integer(let integer): self = .integer(integer)
        case .number(let number): self = .number(number)
        case .boolean(let flag): self = .boolean(flag)
        case .text(let text): self = .text(text)
        case .array: self = .other("an array")
        case .time: self = .other("a date or time")
        case .table: self = .other("a table")
        }
    }
}
