internal import CacheConsole

/// Values as lines and tables for people.
enum PlainText {
    static func of(_ value: Value) -> String {
        switch value {
        case .none: "-"
        case .text(let text): PrintableText.of(text)
        case .count(let count): String(count)
        case .real(let real): DecimalText.of(real)
        case .flag(let flag): flag ? "yes" : "no"
        case .time(let milliseconds): DateText.of(milliseconds)
        case .list(let rows): String(rows.count)
        }
    }

    static func header(_ columns: [Column]) -> String {
        line(columns, columns.map(\.name))
    }

    static func row(_ columns: [Column], _ values: [Value]) -> String {
        line(columns, values.map(of))
    }

    private static func line(_ columns: [Column], _ cells: [String]) -> String {
        var out = ""
        for (index, (column, cell)) in zip(columns, cells).enumerated() {
            if index > 0 { out += "  " }
            let isLast = index == columns.count - 1
            let padding = String(repeating: " ", count: max(0, column.width - cell.count))
            if column.isLeftAligned {
                out += cell + (isLast ? "" : padding)
            } else {
                out += padding + cell
            }
        }
        return out + "\n"
    }
}
