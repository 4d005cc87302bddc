/// The line on which each key of a TOML file stands.
///
/// The parser checks the file but keeps no positions, so this reads the lines once more. It knows
/// table headers, bare and quoted keys and dotted keys; a key written in another way (inside an
/// inline table) is found through its parent.
struct KeyLines {
    private var lines: [String: Int] = [:]

    init(_ text: String) {
        var table = ""
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let plain = line.trimmed
            if plain.hasPrefix("[") {
                table = Self.header(plain)
                lines[table] = lines[table] ?? index + 1
            } else if let key = Self.key(plain) {
                let path = table.isEmpty ? key : table + "." + key
                lines[path] = lines[path] ?? index + 1
            }
        }
    }

    /// The line of a key, named by its path with dots, or of the nearest parent that has one.
    subscript(path: String) -> Int? {
        var rest = path[...]
        while true {
            if let line = lines[String(rest)] { return line }
            guard let dot = rest.lastIndex(of: ".") else { return nil }
            rest = rest[..<dot]
        }
    }

    private static func header(_ line: String) -> String {
        let name = line.drop { $0 == "[" }.prefix { $0 != "]" }
        return normalised(name)
    }

    private static func key(_ line: String) -> String? {
        guard !line.hasPrefix("#"), let equals = line.firstIndex(of: "=") else { return nil }
        return normalised(line[..<equals])
    }

    private static func normalised(_ path: Substring) -> String {
        path.split(separator: ".").map { part in
            part.trimmed.filter { $0 != "\"" && $0 != "'" }
        }.joined(separator: ".")
    }
}
