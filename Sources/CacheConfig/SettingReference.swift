/// The table of settings as text, for the manual and for `dcs settings`.
package enum SettingReference {
    /// A Markdown table with a row for each setting.
    package static func markdown() -> String {
        let defaults = Configuration()
        var lines = [
            "| key | default | allowed | takes effect | meaning |", "|---|---|---|---|---|",
        ]
        for setting in Setting.all {
            let fallback =
                setting.defaultNote ?? setting.shown(in: defaults).map { "`\($0)`" } ?? "–"
            lines.append(
                "| `\(setting.key)` | \(fallback) | \(setting.kind.allowed) | "
                    + "\(setting.change.rawValue) | \(setting.meaning) |")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// A paragraph for each setting, for a terminal.
    package static func plain() -> String {
        let defaults = Configuration()
        return Setting.all.map { setting in
            let fallback = setting.shown(in: defaults) ?? setting.defaultNote ?? "not set"
            return """
                \(setting.key)  (\(setting.environmentName))
                    \(setting.meaning)
                    Default: \(fallback). Allowed: \(setting.kind.allowed).

                """
        }.joined(separator: "\n")
    }
}
