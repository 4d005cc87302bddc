import CacheBase
import CacheEngine
import Testing

@testable import CacheNode

@Suite("Origins of entries")
struct PostingOriginsTests {
    private func id(_ number: UInt64) -> SegmentID { SegmentID(rawValue: number) }

    private func place(_ segment: UInt64, _ ordinal: Int) -> SegmentPlace {
        SegmentPlace(segment: id(segment), ordinal: ordinal)
    }

    @Test func anEntryIsFollowedToTheLastIndexThatHasIt() {
        var origins = PostingOrigins()
        let names = (0..<3).map { LoggedName(hash: $0 + 10, lsn: LSN(rawValue: $0 + 100)) }
        origins.note(.log(names), of: id(5))
        origins.note(.segments([place(5, 2), place(1, 7), place(2, 9)]), of: id(6))
        origins.note(.segments([place(6, 2), place(6, 0), place(6, 1), place(4, 0)]), of: id(8))
        func found(_ ordinal: Int, _ indexed: Set<UInt64>) -> PostingOrigins.Place {
            origins.place(of: ordinal, in: id(8)) { indexed.contains($0.rawValue) }
        }
        guard case .indexed(id(2), ordinal: 9) = found(0, [1, 2]) else {
            Issue.record("through segment 6")
            return
        }
        guard case .logged(names[2]) = found(1, [1, 2]) else {
            Issue.record("through segments 6 and 5 to the log")
            return
        }
        guard case .indexed(id(6), ordinal: 1) = found(2, [1, 2, 6]) else {
            Issue.record("no further than to the first index")
            return
        }
        guard case .unknown = found(3, [1, 2]) else {
            Issue.record("nobody told of segment 4")
            return
        }
    }

    @Test func soManyAreHeldAndNoMore() {
        var origins = PostingOrigins()
        let half = SegmentOrigins.log(
            Array(
                repeating: LoggedName(hash: 1, lsn: LSN(rawValue: 1)),
                count: SearchServiceLimits.originEntriesMax / 2))
        for number in 1...3 { origins.note(half, of: id(UInt64(number))) }
        #expect(Set(origins.segments) == [id(1), id(2)])
        origins.forget([id(1), id(3)])
        origins.note(half, of: id(4))
        #expect(origins.has(id(2)) && origins.has(id(4)) && !origins.has(id(1)))
    }
}
