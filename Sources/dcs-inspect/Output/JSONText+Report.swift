internal import CacheConsole

extension JSONText {
    mutating func value(_ value: Value, _ column: Column) {
        switch value {
        case .none: raw("null")
        case .text(let text): string(text)
        case .count(let count), .time(let count): raw(String(count))
        case .real(let real): raw(DecimalText.of(real))
        case .flag(let flag): flag ? raw("true") : raw("false")
        case .list(let rows):
            guard case .list(let columns) = column.kind else {
                preconditionFailure("a list is a value of a column of lists")
            }
            raw("[")
            for (index, row) in rows.enumerated() {
                if index > 0 { raw(",") }
                object(columns, row)
            }
            raw("]")
        }
    }

    mutating func object(_ columns: [Column], _ values: [Value]) {
        precondition(columns.count == values.count, "a row has a value for each column")
        raw("{")
        for (index, (column, value)) in zip(columns, values).enumerated() {
            if index > 0 { raw(",") }
            string(column.name)
            raw(":")
            self.value(value, column)
        }
        raw("}")
    }
}

/// Fractions with three digits, the same everywhere.
enum DecimalText {
    static func of(_ value: Double) -> String {
        let thousandths = UInt64(max(0, min(value, 1e15)) * 1000 + 0.5)
        let rest = String(thousandths % 1000)
        return "\(thousandths / 1000)." + String(repeating: "0", count: 3 - rest.count) + rest
    }
}
