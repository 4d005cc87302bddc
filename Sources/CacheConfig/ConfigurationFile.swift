internal import TOMLKit

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
    private let lines: KeyLines

    /// Reads the text of the file at `path`, which only messages name.
    init(path: String, text: String) {
        self.path = path
        lines = KeyLines(text)
        // The parser takes a C string and would stop at a NUL in silence.
        guard !text.utf8.contains(0) else {
            report("", line: nil, "not a text file: it holds a NUL byte")
            return
        }
        do {
            readRoot(try TOMLTable(string: text))
        } catch let error as TOMLParseError {
            report("", line: error.source.begin.line, Self.reason(of: error))
        } catch {
            report("", line: nil, "\(error)")
        }
    }

    private mutating func readRoot(_ root: TOMLTable) {
        for (name, value) in root.inFileOrder(lines, under: "") {
            guard let table = value.table else {
                add(name: name, key: name, value)
                continue
            }
            if name == Section.roles {
                readRoles(table)
            } else if Section.names.contains(name) {
                readSection(name, table)
            } else if Setting.named(name) != nil {
                add(name: name, key: name, value)
            } else {
                report(
                    name, line: lines[name],
                    "unknown section; allowed: \(Section.names.joined(separator: ", ")), roles.NAME")
            }
        }
    }

    private mutating func readSection(_ section: String, _ table: TOMLTable) {
        for (key, value) in table.inFileOrder(lines, under: section) {
            add(name: section + "." + key, key: key, value)
        }
    }

    private mutating func add(name: String, key: String, _ value: TOMLValue) {
        let origin = SettingOrigin.file(path: path, line: lines[name])
        settings.append(GivenSetting(origin: origin, name: name, key: key, value: value.given))
    }

    private mutating func readRoles(_ table: TOMLTable) {
        for (name, value) in table.inFileOrder(lines, under: Section.roles) {
            let title = Section.roles + "." + name
            guard !RoleDefinition.builtIn.contains(name) else {
                report(title, line: lines[title], "a built-in role cannot be redefined")
                continue
            }
            guard let role = value.table else {
                report(title, line: lines[title], "must be a table with verbs and key_prefixes")
                continue
            }
            readRole(name, title, role)
        }
    }

    private mutating func readRole(_ name: String, _ title: String, _ table: TOMLTable) {
        var verbs: [RoleDefinition.Verb]?
        var prefixes: [String]?
        for (key, value) in table.inFileOrder(lines, under: title) {
            let texts = value.texts
            switch key {
            case "verbs": verbs = texts.flatMap(Self.verbs)
            case "key_prefixes": prefixes = texts
            default:
                report(
                    title + "." + key, line: lines[title + "." + key],
                    "unknown key; allowed: verbs, key_prefixes")
            }
        }
        guard let verbs, !verbs.isEmpty, let prefixes, !prefixes.isEmpty else {
            let known = RoleDefinition.Verb.allCases.map { "\"\($0.rawValue)\"" }
            report(
                title, line: lines[title],
                "needs verbs, an array of \(known.joined(separator: ", ")), and key_prefixes, "
                    + "an array of texts (\"\" for every key); neither may be empty")
            return
        }
        roles.append(RoleDefinition(name: name, verbs: verbs, keyPrefixes: prefixes))
    }

    private static func verbs(_ names: [String]) -> [RoleDefinition.Verb]? {
        let verbs = names.compactMap(RoleDefinition.Verb.init(rawValue:))
        return verbs.count == names.count ? verbs : nil
    }

    private mutating func report(_ key: String, line: Int?, _ reason: String) {
        problems.append(.init(.file(path: path, line: line), key: key, reason: reason))
    }

    /// The parser's words without the position, which the message begins with.
    private static func reason(of error: TOMLParseError) -> String {
        let words = error.description
        let position = " at line \(error.source.begin.line), column \(error.source.begin.column)"
        return "not valid TOML: " + (words.hasSuffix(position) ? String(words.dropLast(position.count)) : words)
    }
}

extension TOMLTable {
    /// Keys and values by line, so that problems are reported from top to bottom.
    fileprivate func inFileOrder(_ lines: KeyLines, under table: String) -> [(String, TOMLValue)] {
        let prefix = table.isEmpty ? "" : table + "."
        let pairs = keys.compactMap { key in self[key].map { (key, $0.tomlValue) } }
        return pairs.sorted { left, right in
            let order = (lines[prefix + left.0] ?? 0, lines[prefix + right.0] ?? 0)
            return order.0 == order.1 ? left.0 < right.0 : order.0 < order.1
        }
    }
}

extension TOMLValue {
    fileprivate var given: GivenValue {
        switch type {
        case .int: int.map { .integer(Int64($0)) } ?? .other("an integer")
        case .double: double.map(GivenValue.number) ?? .other("a number")
        case .bool: bool.map(GivenValue.boolean) ?? .other("a boolean")
        case .string: string.map(GivenValue.text) ?? .other("a text")
        case .table: .other("a table")
        case .array: .other("an array")
        case .date, .time, .dateTime: .other("a date or time")
        }
    }

    /// The elements of an array of texts; nil for anything else.
    fileprivate var texts: [String]? {
        guard let array else { return nil }
        let texts = array.compactMap(\.string)
        return texts.count == array.count ? texts : nil
    }
}
