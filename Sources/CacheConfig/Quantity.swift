/// Sizes and times written with a unit.
package enum Quantity {
    /// Unit names of sizes, in lower case, with their bytes. `KiB` counts in 1024, `KB` in 1000.
    static let byteUnits: [(name: String, scale: UInt64)] = [
        ("b", 1),
        ("kb", 1_000), ("mb", 1_000_000), ("gb", 1_000_000_000), ("tb", 1_000_000_000_000),
        ("kib", 1 << 10), ("mib", 1 << 20), ("gib", 1 << 30), ("tib", 1 << 40),
    ]

    /// Unit names of times, with their milliseconds.
    static let timeUnits: [(name: String, scale: UInt64)] = [
        ("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000),
    ]

    /// Reads a whole number of bytes such as `512MiB`; nil where it is none or overflows.
    /// Without a unit it is read only where `bareScale` says what one is worth.
    static func bytes(_ text: String, bareScale: UInt64?) -> UInt64? {
        let (digits, unit) = split(text)
        guard let count = UInt64(digits) else { return nil }
        guard let scale = scale(of: unit, in: byteUnits, bareScale: bareScale) else { return nil }
        let (product, overflow) = count.multipliedReportingOverflow(by: scale)
        return overflow ? nil : product
    }

    /// Reads a time such as `1.5s` in milliseconds; nil where it is none or too large.
    static func milliseconds(_ text: String, bareScale: UInt64?) -> UInt64? {
        let (digits, unit) = split(text)
        guard let count = Double(digits) else { return nil }
        guard let scale = scale(of: unit, in: timeUnits, bareScale: bareScale) else { return nil }
        return milliseconds(count, scale: scale)
    }

    /// Reads a time such as `90`, `0.5` or `1.5h`, bare ones in seconds, in milliseconds; nil where it
    /// is none or too large.
    package static func milliseconds(_ text: String) -> UInt64? {
        milliseconds(text, bareScale: 1_000)
    }

    /// Reads a time such as `90` or `1.5h` in whole seconds; nil where it is none or too large.
    package static func seconds(_ text: String) -> UInt64? {
        milliseconds(text, bareScale: 1_000).map { $0 / 1_000 }
    }

    /// `count` units of `scale` milliseconds; nil for negative, endless and overlong times.
    static func milliseconds(_ count: Double, scale: UInt64) -> UInt64? {
        let product = (count * Double(scale)).rounded()
        guard product >= 0, product <= 9e15 else { return nil }
        return UInt64(product)
    }

    /// The size in its largest whole binary unit, as in `1GiB`.
    static func shownBytes(_ bytes: UInt64) -> String {
        for (name, scale) in [
            ("TiB", 1 << 40), ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10),
        ]
        where bytes >= UInt64(scale) && bytes % UInt64(scale) == 0 {
            return "\(bytes / UInt64(scale))\(name)"
        }
        return String(bytes)
    }

    /// The time in seconds without a needless fraction.
    static func shownSeconds(_ milliseconds: UInt64) -> String {
        milliseconds % 1000 == 0 ? String(milliseconds / 1000) : String(Double(milliseconds) / 1000)
    }

    /// The leading digits and dots, and what follows, blanks around each removed.
    private static func split(_ text: String) -> (digits: String, unit: String) {
        let trimmed = text.trimmed
        let digits = trimmed.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        return (String(digits), String(trimmed.dropFirst(digits.count)).trimmed.lowercased())
    }

    private static func scale(
        of unit: String, in units: [(name: String, scale: UInt64)], bareScale: UInt64?
    ) -> UInt64? {
        unit.isEmpty ? bareScale : units.first { $0.name == unit }?.scale
    }
}

extension StringProtocol {
    /// Without blanks, tabs and line ends at either end.
    var trimmed: String {
        var rest = Substring(self)
        while let first = rest.first, first.isWhitespace { rest.removeFirst() }
        while let last = rest.last, last.isWhitespace { rest.removeLast() }
        return String(rest)
    }
}
