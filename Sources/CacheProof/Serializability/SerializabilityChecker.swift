/// Decides whether the transactions of a history are strictly serializable: whether they could have
/// run one after the other, in an order that agrees with time, with the same reads.
///
/// Every write has a value of its own and a version from the store, so the order of each key's
/// versions is known, and with it who read, overwrote and should have seen whom (Adya, 1999). The
/// order exists where these dependencies and time have no cycle. A read that found no entry may be
/// of any time at which there was none; where time leaves several, each is tried.
///
/// A transaction without an answer counts as committed where somebody saw a value of it, else not
/// at all. An aborted one must have read a true state, and nobody may have seen its writes.
///
/// - Complexity: O(transactions + reads + writes) and a sort, for each choice of what absent reads
///   saw; at most `choicesMax` choices, past which the verdict is `undecided`.
package struct SerializabilityChecker: Sendable {
    private static let choicesMax = 4096

    package enum Verdict: Sendable, Equatable {
        case serializable
        /// What is wrong, for people.
        case violated(String)
        /// Too many times at which absent reads may have been.
        case undecided
    }

    package init() {}

    package func check(_ transactions: [TransactionRecord]) -> Verdict {
        var history = VersionedHistory(transactions)
        if let anomaly = history.directAnomaly() { return .violated(anomaly) }
        let open = history.resolveReads()
        let choices = open.reduce(1) { min($0 * $1.positions.count, Self.choicesMax + 1) }
        guard choices <= Self.choicesMax else { return .undecided }
        var first: String?
        for choice in 0..<choices {
            var graph = history.graph
            var rest = choice
            for read in open {
                let position = read.positions[rest % read.positions.count]
                rest /= read.positions.count
                history.addEdges(of: read, at: position, to: &graph)
            }
            guard let cycle = graph.cycle() else { return .serializable }
            first = first ?? history.describe(cycle)
        }
        return .violated(first ?? "no order explains the history")
    }
}
