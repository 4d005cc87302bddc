/// The results of a run, with all that is needed to judge and repeat them.
struct Report {
    let command: String
    let machine: Machine
    /// Other programs that ran make the figures too low: what the run itself adds is 1 to 3.
    private let loadAtStart: String
    var loadAtEnd = ""
    /// Names and versions.
    var peers: [String] = []
    /// The peers' command lines.
    var commands: [String] = []
    /// What could not be measured, and why.
    var failures: [String] = []
    private(set) var rows: [Measurement] = []

    init(command: String, machine: Machine, loadAtStart: String) {
        self.command = command
        self.machine = machine
        self.loadAtStart = loadAtStart
    }

    mutating func add(_ measurements: [Measurement]) { rows += measurements }

    var text: String {
        let notes = rows.flatMap { row in [row.figure] + row.notes.map { "  " + $0 } }
        return sections([
            table.text, notes.joined(separator: "\n"), list("Not measured:", failures),
            setting, list("Commands of the peers:", commands),
        ])
    }

    /// A section of its own, to follow others in a file.
    var markdown: String {
        let notes = rows.map { row in
            "- **\(row.figure)**: " + row.notes.joined(separator: " ")
        }
        let lines = commands.joined(separator: "\n")
        let commands = lines.isEmpty ? "" : "Commands of the peers:\n\n```\n\(lines)\n```"
        return "\n"
            + sections([
                "## `\(command)`", setting, table.markdown, notes.joined(separator: "\n"),
                list("Not measured:", failures), commands,
            ]) + "\n"
    }

    private var table: Table {
        var table = Table(columns: Measurement.columns)
        for row in rows { table.add(row.cells) }
        return table
    }

    private var setting: String {
        let versions = peers.isEmpty ? [] : ["Peers: \(peers.joined(separator: ", "))."]
        return
            ([
                "Machine: \(machine.text).",
                "Load average: \(loadAtStart) at the start, \(loadAtEnd) at the end.",
            ] + versions).joined(separator: "\n")
    }

    private func list(_ title: String, _ items: [String]) -> String {
        items.isEmpty ? "" : ([title] + items.map { "- " + $0 }).joined(separator: "\n")
    }

    private func sections(_ parts: [String]) -> String {
        parts.filter { !$0.isEmpty }.joined(separator: "\n\n")
    }
}
