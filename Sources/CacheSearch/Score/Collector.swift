/// Gathers what a search finds over all parts: the best hits and the total.
///
/// Invariants: `total` counts live documents found; it is exact until it passes `exactMax`, from
/// where on those that cannot be among the best may be left out.
final class Collector {
    var top: TopHits
    private(set) var total = 0
    let exactMax: Int
    private(set) var isTotalExact = true
    let budget: QueryBudget
    var part: Int32 = 0

    init(capacity: Int, exactMax: Int, _ budget: QueryBudget) {
        top = TopHits(capacity: capacity)
        self.exactMax = exactMax
        self.budget = budget
    }

    /// Whether documents that cannot be among the best must be counted.
    @inline(__always)
    var isCounting: Bool { total <= exactMax }

    @inline(__always)
    func count(_ documents: Int) { total &+= documents }

    /// Notes that documents were left out.
    @inline(__always)
    func noteSkipped() { isTotalExact = false }

    /// What a score must exceed to matter; below 0 while every document does.
    @inline(__always)
    var minimum: Float { isCounting ? -1 : top.threshold }

    /// True every now and then where the time is up: stop then.
    @inline(__always)
    func mustStop(after documents: Int) -> Bool { budget.mustStop(after: documents) }
}
