/// What a figure must reach.
struct Target: Sendable {
    enum Condition: Sendable {
        case atLeast(Double)
        case atMost(Double)
        /// Of ours to the peer's.
        case ratioAtLeast(Double)
        case ratioAtMost(Double)
    }

    enum Verdict: String, Sendable {
        case met
        case missed
        /// A peer was not measured, and what could be judged is met.
        case unjudged = "–"
    }

    let conditions: [Condition]

    init(_ conditions: Condition...) { self.conditions = conditions }

    /// Judges a figure; `ratio` is nil where no peer was measured.
    func verdict(_ ours: Quantity, ratio: Double?) -> Verdict {
        let results = conditions.map { condition -> Bool? in
            switch condition {
            case .atLeast(let limit): ours.value >= limit
            case .atMost(let limit): ours.value <= limit
            case .ratioAtLeast(let limit): ratio.map { $0 >= limit }
            case .ratioAtMost(let limit): ratio.map { $0 <= limit }
            }
        }
        if results.contains(false) { return .missed }
        return results.isEmpty || results.contains(nil) ? .unjudged : .met
    }

    func text(_ unit: Quantity.Unit) -> String {
        conditions.map { condition in
            switch condition {
            case .atLeast(let limit): "≥ " + Quantity(limit, unit).text
            case .atMost(let limit): "≤ " + Quantity(limit, unit).text
            case .ratioAtLeast(let limit): "≥ " + Quantity.fixed(limit, 1) + " × peer"
            case .ratioAtMost(let limit): "≤ " + Quantity.fixed(limit, 1) + " × peer"
            }
        }.joined(separator: ", ")
    }
}
