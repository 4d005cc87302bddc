/// JSON as text, of the few kinds of values that results have.
enum JSONText {
    /// Values are JSON already.
    static func object(_ members: [(String, String)]) -> String {
        "{" + members.map { string($0.0) + ": " + $0.1 }.joined(separator: ", ") + "}"
    }

    static func array(_ values: [String]) -> String {
        "[" + values.joined(separator: ", ") + "]"
    }

    /// - Precondition: all are finite, since JSON has no others.
    static func numbers(_ values: [Double]) -> String {
        precondition(values.allSatisfy(\.isFinite), "a number that JSON does not have")
        return array(values.map { "\($0)" })
    }

    static func string(_ text: String) -> String {
        let escaped = text.unicodeScalars.map { scalar in
            switch scalar {
            case "\"": "\\\""
            case "\\": "\\\\"
            case "\u{0}"..."\u{1f}": " "
            default: String(scalar)
            }
        }
        return "\"" + escaped.joined() + "\""
    }
}
