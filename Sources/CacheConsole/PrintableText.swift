/// Text that somebody else made, as it may be shown on a terminal.
package enum PrintableText {
    /// The text without anything that moves a terminal's cursor or changes its colours.
    package static func of(_ text: String) -> String {
        var out = ""
        for scalar in text.unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate:
                out += "\\u{" + String(scalar.value, radix: 16) + "}"
            default: out.unicodeScalars.append(scalar)
            }
        }
        return out
    }
}
