/// Numbers as people read them, with their units.
package enum HumanText {
    /// `12,345,678`.
    package static func count(_ value: UInt64) -> String {
        var groups: [String] = []
        var rest = value
        while rest >= 1000 {
            let digits = String(rest % 1000)
            groups.append(String(repeating: "0", count: 3 - digits.count) + digits)
            rest /= 1000
        }
        groups.append(String(rest))
        return groups.reversed().joined(separator: ",")
    }

    /// `184 B`, `43.2 MiB`.
    package static func bytes(_ value: Double) -> String {
        let units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"]
        var amount = max(0, value)
        var unit = 0
        // What would be rounded to 1024.0 is one of the next unit.
        while amount >= 1023.95, unit < units.count - 1 {
            amount /= 1024
            unit += 1
        }
        return (unit == 0 ? whole(amount) : oneDecimal(amount)) + " " + units[unit]
    }

    /// As above, for what is counted.
    package static func bytes(_ value: UInt64) -> String { bytes(Double(value)) }

    /// How often in a second: `0`, `0.5`, `12,345`.
    package static func rate(_ value: Double) -> String {
        value <= 0 || value >= 9.95 ? whole(value) : oneDecimal(value)
    }

    /// A short time: `85 µs`, `1.2 ms`, `3.4 s`.
    package static func latency(_ seconds: Double) -> String {
        let microseconds = max(0, seconds) * 1e6
        if microseconds < 999.5 { return whole(microseconds) + " µs" }
        if microseconds < 999_950 { return oneDecimal(microseconds / 1e3) + " ms" }
        return oneDecimal(microseconds / 1e6) + " s"
    }

    /// A long time, in its two largest units: `5s`, `12m 5s`, `3d 4h`.
    package static func duration(_ seconds: UInt64) -> String {
        let parts = [
            (seconds / 86_400, "d"), (seconds / 3600 % 24, "h"), (seconds / 60 % 60, "m"),
            (seconds % 60, "s"),
        ]
        let first = parts.firstIndex { $0.0 > 0 } ?? parts.count - 1
        return parts[first...].prefix(2).map { "\($0.0)\($0.1)" }.joined(separator: " ")
    }

    /// `98.7 %`.
    package static func share(_ value: Double) -> String { oneDecimal(value * 100) + " %" }

    /// A number with two digits behind the point.
    package static func ratio(_ value: Double) -> String {
        let hundredths = integer(value * 100)
        let rest = String(hundredths % 100)
        return count(hundredths / 100) + "." + (rest.count < 2 ? "0" : "") + rest
    }

    private static func whole(_ value: Double) -> String { count(integer(value)) }

    private static func oneDecimal(_ value: Double) -> String {
        let tenths = integer(value * 10)
        return count(tenths / 10) + ".\(tenths % 10)"
    }

    /// Rounded; 0 for what is no number, and the largest that is shown for what is beyond it.
    private static func integer(_ value: Double) -> UInt64 {
        value > 0 ? UInt64(min(value, 1e18).rounded()) : 0
    }
}
