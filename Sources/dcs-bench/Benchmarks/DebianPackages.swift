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

    /// A key is a package's name, its value the name and the description; in apt's order. Of
    /// several versions the last counts.
    static func parse(_ lines: [String]) -> [Entry] {
        var entries: [Entry] = []
        var places: [String: Int] = [:]
        var name = ""
        var isInDescription = false
        for line in lines {
            if line.hasPrefix(" ") {
                if isInDescription, let place = places[name] {
                    entries[place].value += " " + line.dropFirst()
                }
                continue
            }
            isInDescription = false
            if let value = value(of: "Package", line) {
                name = value
            } else if let value = value(of: "Description", line)
                ?? value(of: "Description-en", line)
            {
                let entry = (key: name, value: name + " " + value)
                if let place = places[name] {
                    entries[place] = entry
                } else {
                    places[name] = entries.count
                    entries.append(entry)
                }
                isInDescription = true
            }
        }
        return entries
    }

    private static func value(of field: String, _ line: String) -> String? {
        guard line.hasPrefix(field + ": ") else { return nil }
        return String(line.dropFirst(field.count + 2))
    }
}
