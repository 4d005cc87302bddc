/// A number with its unit.
struct Quantity: Sendable, Equatable {
    enum Unit: String, Sendable {
        case perSecond
        case bytes
        case bytesPerKey
        /// A ratio.
        case times
        case milliseconds
        case nanoseconds
    }

    let value: Double
    let unit: Unit
    /// What the rounds gave, in their order; the value is their median.
    let rounds: [Double]

    init(_ value: Double, _ unit: Unit) {
        self.value = value
        self.unit = unit
        rounds = [value]
    }

    init(_ samples: Samples, _ unit: Unit) {
        value = samples.median
        self.unit = unit
        rounds = samples.values
    }

    var text: String {
        switch unit {
        case .perSecond: Self.short(value) + "/s"
        case .bytes: Self.short(value) + "B"
        case .bytesPerKey: Self.fixed(value, 1) + " B"
        case .times: Self.fixed(value, 2) + " ×"
        case .milliseconds: Self.short(value / 1e3) + "s"
        case .nanoseconds: Self.short(value / 1e9) + "s"
        }
    }

    /// Several of one unit.
    static func list(_ values: [Double], _ unit: Unit) -> String {
        values.map { Quantity($0, unit).text }.joined(separator: ", ")
    }

    /// Three digits or so, with a decimal prefix.
    private static func short(_ value: Double) -> String {
        let steps: [(Double, String)] = [
            (1e9, "G"), (1e6, "M"), (1e3, "k"), (1, ""), (1e-3, "m"), (1e-6, "µ"), (1e-9, "n"),
        ]
        let size = value.magnitude
        guard size > 0, size.isFinite else { return size == 0 ? "0 " : "\(value) " }
        let (unit, prefix) = steps.first { size >= $0.0 } ?? (1e-9, "n")
        let scaled = value / unit
        let digits = scaled.magnitude >= 100 ? 0 : scaled.magnitude >= 10 ? 1 : 2
        return fixed(scaled, digits) + " " + prefix
    }

    /// The number with so many digits after the point.
    static func fixed(_ value: Double, _ digits: Int) -> String {
        var power = 1.0
        for _ in 0..<digits { power *= 10 }
        let rounded = (value.magnitude * power).rounded()
        guard rounded < 1e15 else { return "\(value)" }
        let whole = Int(rounded)
        let sign = value < 0 && whole != 0 ? "-" : ""
        guard digits > 0 else { return sign + String(whole) }
        let fraction = String(whole % Int(power))
        let zeros = String(repeating: "0", count: digits - fraction.count)
        return sign + String(whole / Int(power)) + "." + zeros + fraction
    }
}
