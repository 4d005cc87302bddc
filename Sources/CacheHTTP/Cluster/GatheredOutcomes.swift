/// Outcomes of requests that were sent together; on one event loop.
final class GatheredOutcomes {
    private var outcomes: [ForwardOutcome?]
    private var missing: Int

    init(_ count: Int) {
        outcomes = Array(repeating: nil, count: count)
        missing = count
    }

    /// Takes one in; each place once.
    /// - Returns: all of them, with the last.
    func take(_ outcome: ForwardOutcome, at place: Int) -> [ForwardOutcome]? {
        precondition(outcomes[place] == nil, "an outcome came twice")
        outcomes[place] = outcome
        missing -= 1
        return missing == 0 ? outcomes.compactMap { $0 } : nil
    }
}
