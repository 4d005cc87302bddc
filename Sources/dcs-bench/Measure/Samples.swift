/// What the rounds of a measurement gave.
struct Samples: Sendable {
    private(set) var values: [Double] = []

    mutating func add(_ value: Double) { values.append(value) }

    /// The middle one; of an even number, the mean of the middle two.
    var median: Double {
        precondition(!values.isEmpty, "the median of nothing")
        let sorted = values.sorted()
        let middle = sorted.count / 2
        return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
    }

    /// The rounds in order, as a note shows them.
    func text(_ unit: Quantity.Unit) -> String {
        Quantity.list(values, unit)
    }
}
