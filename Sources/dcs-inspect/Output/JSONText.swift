/// Writes JSON (RFC 8259), with nothing between its tokens.
struct JSONText {
    private(set) var bytes: [UInt8] = []

    mutating func raw(_ text: StaticString) {
        text.withUTF8Buffer { bytes.append(contentsOf: $0) }
    }

    mutating func string(_ text: String) {
        bytes.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                bytes.append(UInt8(ascii: "\\"))
                bytes.append(byte)
            case UInt8(ascii: "\n"): raw("\\n")
            case UInt8(ascii: "\r"): raw("\\r")
            case UInt8(ascii: "\t"): raw("\\t")
            case 0..<0x20, 0x7F: escape(byte)
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private mutating func escape(_ byte: UInt8) {
        raw("\\u00")
        let digits = String(byte, radix: 16)
        if digits.count < 2 { raw("0") }
        bytes.append(contentsOf: digits.utf8)
    }

    mutating func value(_ value: Value, _ column: Column) {
        switch value {
        case .none: raw("null")
        case .text(let text): string(text)
        case .count(let count), .time(let count): bytes.append(contentsOf: String(count).utf8)
        case .real(let real): bytes.append(contentsOf: DecimalText.of(real).utf8)
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
