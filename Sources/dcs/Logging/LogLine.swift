internal import CacheBase
internal import Logging

/// One line of the log: `time=… level=… message="…" key=value …`.
struct LogLine {
    private(set) var text: String

    init(_ level: Logger.Level, _ message: String, _ fields: Logger.Metadata, at time: Timestamp) {
        text = "time=\(LogTime(time).text) level=\(level.rawValue) message=\(Self.quoted(message))"
        for (key, value) in fields.sorted(by: { $0.key < $1.key }) {
            text += " \(key)=\(Self.quoted(value.description))"
        }
        text += "\n"
    }

    /// The value as it is where it is one plain word; else in quotes, so that nothing a client sent
    /// can begin a new line or a new field.
    private static func quoted(_ value: String) -> String {
        let isPlain =
            !value.isEmpty
            && value.unicodeScalars.allSatisfy { scalar in
                scalar.value > 0x20 && scalar.value < 0x7F && scalar != "\"" && scalar != "="
                    && scalar != "\\"
            }
        return isPlain ? value : "\"" + value.unicodeScalars.map(escaped).joined() + "\""
    }

    private static func escaped(_ scalar: Unicode.Scalar) -> String {
        switch scalar {
        case "\"", "\\": return "\\\(scalar)"
        case "\n": return "\\n"
        case "\t": return "\\t"
        case "\r": return "\\r"
        default:
            let isControl =
                scalar.properties.generalCategory == .control
                || scalar.properties.generalCategory == .format
                || scalar.value == 0x2028 || scalar.value == 0x2029
            return isControl ? "\\u{\(String(scalar.value, radix: 16))}" : String(scalar)
        }
    }
}
