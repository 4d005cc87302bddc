/// What one query may spend: words that it stands for, and time. One for the whole query, so that
/// many parts of it cost no more than one.
///
/// Invariant: once the time is up, it stays up.
final class QueryBudget {
    /// The time was up, and something was left out for it.
    private(set) var isTimeUp = false
    private let askTime: () -> Bool
    private var untilCheck = QueryBudget.checkEvery
    /// By index, what is left.
    private var expansions: [Int]
    /// Postings or documents, of tens of nanoseconds each, between two looks at the time.
    private static let checkEvery = 8192
    /// What a step in the dictionary is worth in documents.
    static let stepCost = 16

    /// - Parameter indexes: that are asked.
    init(indexes: Int, isTimeUp: @escaping () -> Bool = { false }) {
        askTime = isTimeUp
        expansions = [Int](repeating: SearchLimits.expansionsMax, count: indexes)
    }

    /// True every now and then where the time is up, and always from then on: stop then.
    @inline(__always)
    func mustStop(after documents: Int) -> Bool {
        untilCheck &-= documents
        return untilCheck <= 0 && look()
    }

    @inline(never)
    private func look() -> Bool {
        if isTimeUp { return true }
        untilCheck = Self.checkEvery
        isTimeUp = askTime()
        // Every later question is answered here.
        if isTimeUp { untilCheck = 0 }
        return isTimeUp
    }

    /// Takes one word that a prefix, a range or a fuzzy word stands for in an index.
    /// - Throws: `tooLarge` where the query has used up all.
    func expand(in index: Int) throws(QueryError) {
        expansions[index] -= 1
        guard expansions[index] >= 0 else {
            throw QueryError(
                .tooLarge,
                "a query's prefixes, ranges and fuzzy words stand for more than "
                    + "\(SearchLimits.expansionsMax) words")
        }
    }
}

/// Steps of a loop that may find nothing for long: looks at the budget every now and then, and
/// costs a count otherwise.
struct LoopSteps {
    private var count = 0

    @inline(__always)
    mutating func mustStop(_ budget: QueryBudget) -> Bool {
        count &+= 1
        return count & 255 == 0 && budget.mustStop(after: 256)
    }
}
