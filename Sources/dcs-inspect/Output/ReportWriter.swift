internal import ArgumentParser
internal import CacheConsole

/// How a report is printed.
enum OutputFormat: String, CaseIterable, ExpressibleByArgument {
    /// Tables and lines for people.
    case text
    /// One document: `{"command":…,"rows":[…],"summary":{…}}`.
    case json
    /// One row a line, nothing else; a command without rows prints its summary as the one line.
    case ndjson
}

/// Prints a report row by row, in any format.
struct ReportWriter {
    private let shape: Shape
    private let format: OutputFormat
    private let output: StandardOutput
    private var rows = 0

    init(_ shape: Shape, _ format: OutputFormat, to output: StandardOutput = StandardOutput()) {
        self.shape = shape
        self.format = format
        self.output = output
        begin()
    }

    private func begin() {
        switch format {
        case .text, .ndjson: break
        case .json:
            output.write("{\"command\":\"\(shape.command)\"")
            if shape.rows != nil { output.write(",\"rows\":[") }
        }
    }

    /// Prints a row, in text under the names of the columns.
    mutating func row(_ values: [Value]) {
        guard let columns = shape.rows else { preconditionFailure("the report has no rows") }
        switch format {
        case .text:
            if rows == 0 { output.write(PlainText.header(columns)) }
            output.write(PlainText.row(columns, values))
        case .json:
            if rows > 0 { output.write(",") }
            output.write("\n")
            write(columns, values)
        case .ndjson:
            write(columns, values)
            output.write("\n")
        }
        rows += 1
    }

    /// Prints a row as a line of its own making in text, else as `row`.
    mutating func row(_ values: [Value], asLine line: String) {
        if format == .text { output.write(line + "\n") } else { row(values) }
    }

    /// Prints the summary and ends the report.
    mutating func finish(_ summary: [Value]? = nil) {
        defer { output.flush() }
        switch format {
        case .text:
            if let summary, let columns = shape.summary { writeLines(columns, summary) }
        case .json:
            if shape.rows != nil { output.write(rows > 0 ? "\n]" : "]") }
            if let summary, let columns = shape.summary {
                output.write(",\"summary\":")
                write(columns, summary)
            }
            output.write("}\n")
        case .ndjson:
            if shape.rows == nil, let summary, let columns = shape.summary {
                write(columns, summary)
                output.write("\n")
            }
        }
    }

    private func write(_ columns: [Column], _ values: [Value]) {
        var json = JSONText()
        json.object(columns, values)
        output.write(json.bytes)
    }

    private func writeLines(_ columns: [Column], _ values: [Value]) {
        if rows > 0 { output.write("\n") }
        let width = columns.map(\.name.count).max() ?? 0
        for (column, value) in zip(columns, values) {
            let padding = String(repeating: " ", count: width - column.name.count)
            guard case .list(let rows) = value, case .list(let inner) = column.kind else {
                output.write(column.name + padding + "  " + PlainText.of(value) + "\n")
                continue
            }
            output.write(column.name + "\n  " + PlainText.header(inner))
            for row in rows { output.write("  " + PlainText.row(inner, row)) }
        }
    }
}
