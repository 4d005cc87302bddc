internal import CacheConsole
internal import CacheEviction

/// Hit ratios of several traces, as tables and as JSON.
struct EvictionReport {
    private let seed: UInt64
    private let policies: [PolicyName]
    private var parts: [(trace: Trace, ratios: HitRatios)] = []

    /// - Parameter policies: nil for all.
    init(seed: UInt64, policies: [PolicyName]?) {
        self.seed = seed
        self.policies = policies ?? PolicyName.allCases
    }

    /// Runs a trace, and shows its table.
    mutating func add(
        _ trace: Trace, _ unit: CacheRoom.Unit?, _ shares: [Double], show: ([String]) -> Void
    ) {
        let unit = unit ?? (trace.isUniform ? .entries : .bytes)
        let ratios = HitRatios(trace, unit: unit, shares: shares, policies: policies)
        parts.append((trace, ratios))
        show(["", title(trace, unit)] + table(ratios).lines)
    }

    private func title(_ trace: Trace, _ unit: CacheRoom.Unit) -> String {
        let keys = HumanText.count(UInt64(trace.keys))
        let requests = HumanText.count(UInt64(trace.requests.count))
        let all = unit == .bytes ? ", " + HumanText.bytes(UInt64(trace.bytes)) : ""
        return "\(trace.name): \(requests) requests for \(keys) keys\(all), seed \(seed)"
    }

    private func table(_ ratios: HitRatios) -> TextTable {
        var table = TextTable(
            [.number("size, %"), .number(ratios.unit.rawValue)]
                + policies.map { .number($0.rawValue) })
        for row in ratios.rows {
            let capacity =
                ratios.unit == .bytes
                ? HumanText.bytes(UInt64(row.capacity)) : HumanText.count(UInt64(row.capacity))
            table.add(
                [Self.number(row.share * 100), capacity]
                    + row.ratios.map { Self.hundredths($0 * 100) })
        }
        return table
    }

    /// An object with a list of traces, each with rows of a share and a ratio for each policy.
    var json: [UInt8] {
        var text = JSONText()
        text.raw("{\"seed\":\(seed),\"traces\":[")
        for (number, part) in parts.enumerated() {
            if number > 0 { text.raw("," as StaticString) }
            Self.write(part.trace, part.ratios, to: &text)
        }
        text.raw("]}\n" as StaticString)
        return text.bytes
    }

    private static func write(_ trace: Trace, _ ratios: HitRatios, to text: inout JSONText) {
        text.raw("{\"name\":" as StaticString)
        text.string(trace.name)
        text.raw(",\"requests\":\(trace.requests.count),\"keys\":\(trace.keys)")
        text.raw(",\"bytes\":\(trace.bytes),\"unit\":\"\(ratios.unit.rawValue)\",\"sizes\":[")
        for (number, row) in ratios.rows.enumerated() {
            if number > 0 { text.raw("," as StaticString) }
            text.raw("{\"share\":\(row.share),\"capacity\":\(row.capacity),\"ratios\":{")
            for (place, policy) in ratios.policies.enumerated() {
                text.raw("\(place > 0 ? "," : "")\"\(policy.rawValue)\":\(row.ratios[place])")
            }
            text.raw("}}" as StaticString)
        }
        text.raw("]}" as StaticString)
    }

    private static func number(_ value: Double) -> String {
        value == value.rounded() ? String(Int(value)) : hundredths(value)
    }

    private static func hundredths(_ value: Double) -> String {
        let whole = Int((value * 100).rounded())
        let rest = whole % 100
        return "\(whole / 100).\(rest < 10 ? "0" : "")\(rest)"
    }
}
