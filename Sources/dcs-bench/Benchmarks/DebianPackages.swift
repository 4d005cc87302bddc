/// Names and descriptions of all packages that apt knows: a corpus that every Debian has.
enum DebianPackages {
    typealias Entry = (key: String, value: String)

    static func load(_ workbench: Workbench) throws -> [Entry] {
        let lines = try workbench.output(of: ["apt-cache", "dumpavail"])
        let entries = parse(lines)
        guard !entries.isEmpty else {
            throw BenchmarkError("apt knows no packages: run apt-get update")
        }
        return entries
    }

    /// A key is a package's name, its value the name and the description. Of several versions the
    /// last counts.
    static func parse(_ lines: [String]) -> [Entry] {
        var entries: [String: String] = [:]
        var name = ""
        var isInDescription = false
        for line in lines {
            if line.hasPrefix(" ") {
                if isInDescription { entries[name]? += " " + line.dropFirst() }
                continue
            }
            isInDescription = false
            if let value = value(of: "Package", line) {
                name = value
            } else if let value = value(of: "Description", line) ?? value(of: "Description-en", line) {
                entries[name] = name + " " + value
                isInDescription = true
            }
        }
        return entries.sorted { $0.key < $1.key }.map { (key: $0.key, value: $0.value) }
    }

    private static func value(of field: String, _ line: String) -> String? {
        guard line.hasPrefix(field + ": ") else { return nil }
        return String(line.dropFirst(field.count + 2))
    }
}
