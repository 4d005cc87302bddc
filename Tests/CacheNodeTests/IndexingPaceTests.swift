@testable import CacheNode
import CacheBase
import Testing

@Suite struct IndexingPaceTests {
    private let millisecond: UInt64 = 1_000_000

    private func use(_ milliseconds: UInt64, _ preemptions: UInt64) -> ThreadUse {
        ThreadUse(nanoseconds: milliseconds * millisecond, preemptions: preemptions)
    }

    @Test func whoIsAloneDoesNotRest() {
        var pace = IndexingPace(use(100, 5), processors: 2)
        func rest(_ use: ThreadUse) -> Int { pace.rest(use) }
        #expect(rest(use(900, 5)) == 0)
        #expect(rest(use(901, 5)) == 0)
    }

    @Test func whereOthersWantTheProcessorRestsFollowWork() {
        var pace = IndexingPace(use(0, 0), processors: 2)
        func rest(_ use: ThreadUse) -> Int { pace.rest(use) }
        #expect(rest(use(2, 1)) == 8)
        #expect(rest(use(2, 2)) == 0, "nothing was done")
        #expect(rest(use(3, 2)) == 0, "nobody came")
        #expect(rest(use(4, 9)) == 4)
    }

    @Test func aLongStretchOfWorkIsRestedFromInPieces() {
        var pace = IndexingPace(use(0, 0), processors: 2)
        func rest(_ use: ThreadUse) -> Int { pace.rest(use) }
        let longest = Int(SearchServiceLimits.restMillisecondsMax)
        #expect(rest(use(1000, 1)) == longest)
        #expect(rest(use(1000, 2)) == longest, "the rest of the debt")
        #expect(rest(use(1000, 3)) == 0, "what is owed has a limit")
    }

    @Test(arguments: [(1, 9), (2, 4), (5, 1), (64, 1)])
    func moreProcessorsMeanLessRest(processors: Int, rest: Int) {
        var pace = IndexingPace(use(0, 0), processors: processors)
        let taken = pace.rest(use(1, 1))
        #expect(taken == rest)
    }
}
