internal import CacheBase

/// Says when indexing what is new has to wait for others: as long as nobody else wants the processor it
/// runs as fast as it can; where somebody does, it has a tenth of all processors at most, so that it
/// never costs a writer more than that.
///
/// Invariants: `used` is what the thread had when it was last looked at; it owes `debt` nanoseconds
/// of rest.
struct IndexingPace {
    private var used: ThreadUse
    private var debt: UInt64 = 0
    /// Rest for each time of work.
    private let restsForWork: UInt64

    /// - Parameter processors: that this and all others share.
    init(_ use: ThreadUse, processors: Int) {
        used = use
        let work = UInt64(min(max(processors, 1), SearchServiceLimits.processorsMax))
        restsForWork = (SearchServiceLimits.shareOfProcessors - work) / work
    }

    /// Milliseconds to rest now, after some work.
    /// - Parameter use: of the thread up to now.
    mutating func rest(_ use: ThreadUse) -> Int {
        let worked = use.nanoseconds - used.nanoseconds
        let isAlone = use.preemptions == used.preemptions
        used = use
        debt = isAlone ? 0 : debt + worked * restsForWork
        let rest = min(debt / 1_000_000, SearchServiceLimits.restMillisecondsMax)
        debt = min(debt - rest * 1_000_000, SearchServiceLimits.restMillisecondsMax * 1_000_000)
        return Int(rest)
    }
}
