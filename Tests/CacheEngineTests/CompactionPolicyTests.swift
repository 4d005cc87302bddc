import CacheBase
import Testing

@testable import CacheEngine

@Suite("Compaction policy")
struct CompactionPolicyTests {
    private let policy = CompactionPolicy(diskBytesMax: 1000 << 20, quietBytes: 4 << 20)

    private func segment(
        _ id: UInt64, live: Double, mebibytes: UInt64 = 64, age: UInt64 = 60_000,
        timeLeft: UInt64? = nil
    ) -> CompactionPolicy.Candidate {
        let bytes = mebibytes << 20
        return CompactionPolicy.Candidate(
            id: SegmentID(rawValue: id), fileBytes: bytes,
            liveBytes: UInt64(Double(bytes) * live), liveEntries: live == 0 ? 0 : 100, age: age,
            timeLeft: timeLeft)
    }

    @Test func segmentsWithNothingLiveAreDeletedUnread() {
        let candidates = [segment(1, live: 0), segment(2, live: 0.1), segment(3, live: 0)]
        #expect(policy.dead(candidates).map(\.rawValue) == [1, 3])
    }

    @Test func halfDeadIsDueAndMostlyLiveIsNot() {
        #expect(policy.isDue([segment(1, live: 0.4), segment(2, live: 0.4)]))
        #expect(!policy.isDue([segment(1, live: 0.7), segment(2, live: 0.6)]))
        #expect(!policy.isDue([segment(1, live: 0.1, mebibytes: 2)]))
    }

    @Test func aNearlyFullDiskIsAlwaysDue() {
        let candidates = (1...15).map { segment(UInt64($0), live: 0.95) }
        #expect(policy.isDue(candidates))
        #expect(policy.victims(candidates, outputBytes: 64 << 20).isEmpty)
    }

    @Test func theDeadestGoFirstAndAgeWeighs() {
        let candidates = [
            segment(1, live: 0.5), segment(2, live: 0.1), segment(3, live: 0.5, age: 600_000),
        ]
        let victims = policy.victims(candidates, outputBytes: 1 << 40).map(\.rawValue)
        #expect(victims == [3, 2, 1])
    }

    @Test func aStepRewritesAboutOneSegment() {
        let candidates = (1...10).map { segment(UInt64($0), live: 0.5) }
        #expect(policy.victims(candidates, outputBytes: 64 << 20).count == 2)
    }

    @Test func whatExpiresByItselfIsLeftToUntilTheDiskIsFull() {
        let soon = (1...4).map { segment(UInt64($0), live: 0.2, timeLeft: 3_600_000) }
        #expect(!policy.isDue(soon))
        #expect(policy.victims(soon, outputBytes: 1 << 40).isEmpty)
        let full = soon + (5...16).map { segment(UInt64($0), live: 0.9) }
        #expect(
            policy.victims(full, outputBytes: 1 << 40).map(\.rawValue).sorted() == [1, 2, 3, 4])
        let verySoon = full.map {
            $0.timeLeft == nil ? $0 : segment($0.id.rawValue, live: 0.2, timeLeft: 60_000)
        }
        #expect(policy.victims(verySoon, outputBytes: 1 << 40).isEmpty)
    }
}
