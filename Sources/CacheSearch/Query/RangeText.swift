/// The two ends of a range as they are written. Both numbers: numbers are compared; both dates:
/// times; else words.
struct RangeText {
    private let low: [UInt8]?
    private let high: [UInt8]?
    private let includesLow: Bool
    private let includesHigh: Bool

    /// - Parameter low: nil where it is open.
    init(_ low: [UInt8]?, _ high: [UInt8]?, _ includesLow: Bool, _ includesHigh: Bool) {
        self.low = low
        self.high = high
        self.includesLow = includesLow
        self.includesHigh = includesHigh
    }

    func bounds(folding parser: QueryParser) -> QueryNode.ValueRange.Bounds {
        // Numbers and times are kept for fields alone.
        if parser.path.isEmpty || (low == nil && high == nil) { return words(parser) }
        return numbers() ?? times() ?? words(parser)
    }

    private func numbers() -> QueryNode.ValueRange.Bounds? {
        func value(_ text: [UInt8]?, _ open: Double) -> Double? {
            guard let text else { return open }
            return Double(String(decoding: text, as: UTF8.self)).flatMap { $0.isNaN ? nil : $0 }
        }
        guard let from = value(low, -.infinity), let to = value(high, .infinity) else {
            return nil
        }
        return .numbers(
            includesLow || low == nil ? from : from.nextUp,
            includesHigh || high == nil ? to : to.nextDown)
    }

    private func times() -> QueryNode.ValueRange.Bounds? {
        let from = low.map { $0.withUnsafeBytes { TimeText($0) } }
        let to = high.map { $0.withUnsafeBytes { TimeText($0) } }
        if case .some(.none) = from { return nil }
        if case .some(.none) = to { return nil }
        var (start, end) = (-Double.infinity, Double.infinity)
        if let time = from ?? nil { start = includesLow ? time.start : time.end.nextUp }
        if let time = to ?? nil { end = includesHigh ? time.end : time.start.nextDown }
        return .times(start, end)
    }

    private func words(_ parser: QueryParser) -> QueryNode.ValueRange.Bounds {
        .words(
            low: low.map(parser.folded), high: high.map(parser.folded), includesLow: includesLow,
            includesHigh: includesHigh)
    }
}
