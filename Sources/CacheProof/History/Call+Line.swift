extension Call {
    /// Reads a call from a line: `CLIENT KEY ACTION VALUE RULE ANSWER INVOKED RETURNED`.
    ///
    /// Values are numbers, or `-` for no entry; `RETURNED` is `-` where no answer came. nil for what
    /// is no such line, also where its answer cannot be that of its action.
    package init?(line: String) {
        let words = line.split(separator: " ").map(String.init)
        guard words.count == 8, let client = Int(words[0]), let invoked = Int(words[6]),
            let action = Self.action(words[2], words[3], words[4]),
            let answer = Self.answer(words[5])
        else { return nil }
        let returned = Int(words[7])
        guard returned != nil || words[7] == "-", returned.map({ $0 > invoked }) ?? true,
            (returned == nil) == (answer == .unknown)
        else { return nil }
        switch (action, answer) {
        case (_, .unknown), (_, .failed), (.read, .found): break
        case (.put, .applied), (.put, .refused), (.delete, .applied), (.delete, .refused): break
        default: return nil
        }
        self.init(
            client: client, key: words[1], action: action, answer: answer, invoked: invoked,
            returned: returned)
    }

    private static func action(_ name: String, _ value: String, _ rule: String) -> Action? {
        guard let rule = Self.rule(rule) else { return nil }
        switch name {
        case "read": return value == "-" && rule == .always ? .read : nil
        case "put": return Int(value).map { .put(ValueID($0), rule) }
        case "delete": return value == "-" ? .delete(rule) : nil
        default: return nil
        }
    }

    private static func rule(_ text: String) -> WriteRule? {
        switch text {
        case "always": .always
        case "absent": .absent
        case "present": .present
        default:
            text.hasPrefix("is:") ? Int(text.dropFirst(3)).map { .value(ValueID($0)) } : nil
        }
    }

    private static func answer(_ text: String) -> Answer? {
        switch text {
        case "applied": .applied(existed: nil)
        case "applied:new": .applied(existed: false)
        case "applied:replaced": .applied(existed: true)
        case "refused": .refused
        case "failed": .failed
        case "unknown": .unknown
        case "found:-": .found(nil)
        default:
            text.hasPrefix("found:") ? Int(text.dropFirst(6)).map { .found(ValueID($0)) } : nil
        }
    }
}
