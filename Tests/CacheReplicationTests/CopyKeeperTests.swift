import CacheBase
import Testing

@testable import CacheCluster
@testable import CacheReplication

@Suite("Copy keeper")
struct CopyKeeperTests {
    private let a: NodeID
    private let b: NodeID
    private let c: NodeID
    private let first = Partition(rawValue: 0)
    private let second = Partition(rawValue: 1)

    init() throws {
        a = try #require(NodeID("a"))
        b = try #require(NodeID("b"))
        c = try #require(NodeID("c"))
    }

    /// A map of three nodes in which nobody but `a` leads, and only the two partitions as given.
    private func map(_ number: UInt64, _ one: PartitionState, _ two: PartitionState) -> ClusterMap {
        var map = ClusterMap(fixed: [a, b, c].map(member), copies: 1)
        map.epoch = number
        for place in map.partitions.indices {
            map.partitions[place] = PartitionState(epoch: epoch(1), primary: c, inSync: [c])
        }
        map.partitions[0] = one
        map.partitions[1] = two
        return map
    }

    private func member(_ id: NodeID) -> Member {
        Member(id: id, dataAddress: "\(id):1", peerAddress: "\(id):2")
    }

    private func epoch(_ number: UInt32) -> Epoch { Epoch(rawValue: number) }

    private func led(
        _ inSync: [NodeID], learners: [NodeID] = [], successor: NodeID? = nil
    ) -> PartitionState {
        PartitionState(
            epoch: epoch(1), primary: a, inSync: inSync, learners: learners, successor: successor)
    }

    private func follower(
        _ node: NodeID, _ streams: (id: UInt64, partitions: Set<Partition>, acked: UInt64)...
    ) -> CopyKeeper.Follower {
        CopyKeeper.Follower(
            node: node,
            streams: streams.map {
                StreamProgress(
                    id: $0.id, partitions: $0.partitions, isFollowing: true,
                    acked: LSN(rawValue: $0.acked))
            })
    }

    private func lsn(_ number: UInt64) -> LSN { LSN(rawValue: number) }

    private let patience: UInt64 = 3_000_000_000

    @Test("who is in sync is waited for, and nobody else")
    func waitsForInSync() {
        var keeper = CopyKeeper(a)
        _ = keeper.take(map(1, led([a, b]), led([a], learners: [c])), last: .zero, now: 0)
        let followers = [follower(b, (1, [first], 7)), follower(c, (2, [], 1))]
        #expect(keeper.look(followers, last: lsn(9), now: 1).copied == lsn(7))
        #expect(keeper.advance([follower(b, (1, [first], 8))]) == lsn(8))
    }

    @Test("who was proposed as in sync is waited for though its stream has ended")
    func proposedCounts() {
        var keeper = CopyKeeper(a)
        _ = keeper.take(map(1, led([a], learners: [b]), led([a])), last: lsn(5), now: 0)
        let caughtUp = [follower(b, (1, [first], 5))]
        #expect(keeper.look(caughtUp, last: lsn(5), now: 1).proposals.isEmpty)
        let decision = keeper.look(caughtUp, last: lsn(5), now: 2)
        #expect(decision.proposals == [.caughtUp(first, b, epoch(1))])
        // The map may have it in sync by now. What is written from here on is not with it.
        let later = keeper.look([follower(b)], last: lsn(9), now: 3)
        #expect(later.copied == lsn(5))
        #expect(later.proposals == [.caughtUp(first, b, epoch(1))])
        // It is in sync, and behind: until it is again, or is none any more, nothing is shown.
        _ = keeper.take(map(2, led([a, b]), led([a])), last: lsn(9), now: 4)
        #expect(keeper.look([follower(b)], last: lsn(9), now: 5).copied == lsn(5))
        #expect(keeper.look([follower(b, (2, [first], 9))], last: lsn(9), now: 6).copied == lsn(9))
    }

    @Test("a proposal that came to nothing holds nobody up")
    func voidProposal() {
        var keeper = CopyKeeper(a)
        _ = keeper.take(map(1, led([a], learners: [b]), led([a])), last: lsn(5), now: 0)
        let caughtUp = [follower(b, (1, [first], 5))]
        _ = keeper.look(caughtUp, last: lsn(5), now: 1)
        _ = keeper.look(caughtUp, last: lsn(5), now: 2)
        _ = keeper.take(map(2, led([a]), led([a])), last: lsn(9), now: 3)
        let decision = keeper.look([], last: lsn(9), now: 4)
        #expect(decision == CopyKeeper.Decision(copied: nil))
    }

    @Test("where maps were missed, a learner is proposed only when it has caught up anew")
    func missedMaps() {
        var keeper = CopyKeeper(a)
        let learned = led([a], learners: [b])
        _ = keeper.take(map(1, learned, led([a])), last: lsn(5), now: 0)
        let caughtUp = [follower(b, (1, [first], 5))]
        _ = keeper.look(caughtUp, last: lsn(5), now: 1)
        #expect(!keeper.look(caughtUp, last: lsn(5), now: 2).proposals.isEmpty)
        // Between the two it was lost, and is back with less than it had.
        _ = keeper.take(map(3, learned, led([a])), last: lsn(9), now: 3)
        let back = [follower(b, (2, [first], 3))]
        #expect(keeper.look(back, last: lsn(9), now: 4).proposals.isEmpty)
        #expect(keeper.look(back, last: lsn(9), now: 5).proposals.isEmpty)
        let again = [follower(b, (2, [first], 9))]
        #expect(
            keeper.look(again, last: lsn(9), now: 6).proposals
                == [.caughtUp(first, b, epoch(1))])
    }

    @Test("who counts for one partition more is not taken to have its records")
    func countsForMore() {
        var keeper = CopyKeeper(a)
        let learned = map(1, led([a, b]), led([a], learners: [b]))
        _ = keeper.take(learned, last: lsn(5), now: 0)
        // The stream of the second partition is behind that of the first.
        let both = [follower(b, (1, [first], 9), (2, [second], 6))]
        #expect(keeper.look([follower(b, (1, [first], 6))], last: lsn(6), now: 1).copied == lsn(6))
        _ = keeper.look(both, last: lsn(6), now: 2)
        _ = keeper.look(both, last: lsn(6), now: 3)
        _ = keeper.take(map(2, led([a, b]), led([a, b])), last: lsn(12), now: 4)
        let shown = keeper.look(both, last: lsn(12), now: 5).copied
        #expect(shown.map { $0 <= lsn(9) } ?? false)
        // The seventh record may be of the second partition; from when on that counted is known.
        let ahead = [follower(b, (1, [first], 12), (2, [second], 6))]
        #expect(keeper.advance(ahead) == shown)
        #expect(
            keeper.advance([follower(b, (1, [first], 12), (2, [second], 11))]) == lsn(11))
    }

    @Test("a partition is handed over when all in sync have its records, not its successor alone")
    func handsOverWhole() {
        var keeper = CopyKeeper(a)
        let closing = map(2, led([a, b, c], successor: b), led([a]))
        _ = keeper.take(map(1, led([a, b, c]), led([a])), last: .zero, now: 0)
        _ = keeper.take(closing, last: lsn(8), now: 1)
        let one = [follower(b, (1, [first], 8)), follower(c, (2, [first], 7))]
        #expect(keeper.look(one, last: lsn(8), now: 2).proposals.isEmpty)
        let all = [follower(b, (1, [first], 8)), follower(c, (2, [first], 8))]
        #expect(
            keeper.look(all, last: lsn(8), now: 3).proposals == [.handedOver(first, epoch(1))])
    }

    @Test(
        "leadership that was handed over whole ends in order, and any other does not",
        arguments: [false, true])
    func takenAway(isWhole: Bool) {
        var keeper = CopyKeeper(a)
        _ = keeper.take(map(1, led([a, b]), led([a])), last: .zero, now: 0)
        _ = keeper.take(map(2, led([a, b], successor: b), led([a])), last: lsn(8), now: 1)
        let acked: UInt64 = isWhole ? 8 : 7
        _ = keeper.look([follower(b, (1, [first], acked))], last: lsn(8), now: 2)
        let next = PartitionState(epoch: epoch(2), primary: b, inSync: [a, b])
        #expect(keeper.take(map(3, next, led([a])), last: lsn(8), now: 3) == isWhole)
    }

    @Test("who leads after a loss shows nothing until the others in sync have all that is here")
    func beginsAnew() {
        var keeper = CopyKeeper(a)
        let others = PartitionState(epoch: epoch(1), primary: c, inSync: [a, b, c])
        _ = keeper.take(map(1, others, led([a])), last: lsn(4), now: 0)
        #expect(keeper.look([], last: lsn(4), now: 1).copied == nil)
        var mine = led([a, b])
        mine.epoch = epoch(2)
        _ = keeper.take(map(2, mine, led([a])), last: lsn(6), now: 2)
        #expect(keeper.look([follower(b, (1, [first], 3))], last: lsn(6), now: 3).copied == lsn(3))
    }

    @Test("who was handed a partition goes on showing what it showed")
    func goesOn() {
        var keeper = CopyKeeper(a)
        let others = PartitionState(epoch: epoch(1), primary: c, inSync: [a, b, c], successor: a)
        _ = keeper.take(map(1, others, led([a])), last: lsn(4), now: 0)
        #expect(keeper.look([], last: lsn(4), now: 1).copied == nil)
        var mine = led([a, b])
        mine.epoch = epoch(2)
        _ = keeper.take(map(2, mine, led([a])), last: lsn(6), now: 2)
        #expect(keeper.look([follower(b)], last: lsn(6), now: 3).copied == lsn(6))
        #expect(keeper.look([follower(b)], last: lsn(9), now: 4).copied == lsn(6))
    }

    @Test("who is in sync and lags leaves the set; who only learns and lags is not waited for")
    func laggards() {
        var keeper = CopyKeeper(a)
        _ = keeper.take(map(1, led([a, b]), led([a], learners: [c])), last: .zero, now: 0)
        let slow = [follower(b, (1, [first], 2)), follower(c, (2, [second], 1))]
        _ = keeper.look(slow, last: lsn(2), now: 1)
        #expect(keeper.look(slow, last: lsn(9), now: 2).copied == lsn(2))
        let ahead = [follower(b, (1, [first], 9)), follower(c, (2, [second], 1))]
        #expect(keeper.look(ahead, last: lsn(9), now: 3).copied == lsn(2))
        let late = keeper.look(ahead, last: lsn(9), now: 10 * patience)
        #expect(late.copied == lsn(9))
        #expect(late.proposals.isEmpty)
        _ = keeper.look(ahead, last: lsn(20), now: 10 * patience + 1)
        _ = keeper.look(ahead, last: lsn(20), now: 10 * patience + 2)
        #expect(
            keeper.look(ahead, last: lsn(20), now: 20 * patience).proposals
                == [.fellBehind(first, b, epoch(1))])
    }
}
