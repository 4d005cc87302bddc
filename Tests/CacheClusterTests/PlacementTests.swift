import CacheBase
import Testing

@testable import CacheCluster

@Suite("Placement")
struct PlacementTests {
    private func nodes(_ count: Int, first: Int = 0) throws -> [NodeID] {
        try (first..<(first + count)).map { try #require(NodeID("node-\($0)")) }
    }

    private func check(_ placement: Placement, copies: Int) {
        let copies = min(copies, placement.nodes.count)
        #expect(placement.lists.allSatisfy { $0.count == copies && Set($0).count == copies })
        let held = placement.loads.map(\.held)
        let led = placement.loads.map(\.led)
        #expect((held.max() ?? 0) - (held.min() ?? 0) <= 1, "held \(held)")
        #expect((led.max() ?? 0) - (led.min() ?? 0) <= 1, "led \(led)")
    }

    @Test(arguments: [1, 2, 3, 5, 10, 100, 1000], [1, 2, 3])
    func everyNodeHoldsAndLeadsItsShare(count: Int, copies: Int) throws {
        check(Placement(of: try nodes(count), copies: copies), copies: copies)
    }

    @Test(arguments: [3, 10, 100, 1000], [1, 2, 3])
    func oneJoinMovesTheShareOfOneNode(count: Int, copies: Int) throws {
        let before = Placement(of: try nodes(count), copies: copies)
        let after = Placement(of: try nodes(count + 1), copies: copies, from: before)
        check(after, copies: copies)
        let share = Double(before.moves(to: after)) / Double(Limits.partitions * copies)
        let ideal = 1 / Double(count + 1)
        #expect(abs(share - ideal) <= 0.1 * ideal, "\(share) moved where \(ideal) is its share")
    }

    @Test(arguments: [4, 11, 101], [1, 2, 3])
    func oneLeaveMovesWhatItHeld(count: Int, copies: Int) throws {
        let all = try nodes(count)
        let before = Placement(of: all, copies: copies)
        let held = before.loads[0].held
        let after = Placement(of: Array(all.dropFirst()), copies: copies, from: before)
        check(after, copies: copies)
        let moved = before.moves(to: after)
        #expect(moved >= held)
        #expect(Double(moved) <= 1.25 * Double(held) + 2, "\(moved) moved of \(held)")
    }

    @Test func theSameNodesInAnyOrderStayWhereTheyAre() throws {
        let all = try nodes(17)
        let placement = Placement(of: all, copies: 2)
        #expect(Placement(of: all.reversed(), copies: 2) == placement)
        #expect(Placement(of: all, copies: 2, from: placement) == placement)
    }

    @Test func manyJoinsAndLeavesKeepTheBounds() throws {
        var random = Xoshiro256(seed: 7)
        var present = try nodes(4)
        var placement = Placement(of: present, copies: 3)
        for number in 4..<60 {
            if present.count > 1, random.coin() {
                present.remove(at: random.below(present.count))
            } else {
                present.append(try #require(NodeID("node-\(number)")))
            }
            placement = Placement(of: present, copies: 3, from: placement)
            check(placement, copies: 3)
        }
    }

    @Test func moreCopiesMoveNothingThatIsThere() throws {
        let all = try nodes(9)
        let one = Placement(of: all, copies: 1)
        let two = Placement(of: all, copies: 2, from: one)
        check(two, copies: 2)
        #expect(Double(one.moves(to: two)) <= 1.05 * Double(Limits.partitions))
    }

    @Test func withoutNodesNobodyHoldsAnything() {
        #expect(Placement(of: [], copies: 2) == .none)
    }
}

@Suite("Ring")
struct HashRingTests {
    @Test func aWalkMeetsEveryNodeOnce() throws {
        let nodes = try (0..<20).map { try #require(NodeID("n\($0)")) }
        let ring = HashRing(nodes)
        for partition in [0, 1, 511, 1023] {
            var met: [Int] = []
            ring.walk(from: Partition(rawValue: UInt16(partition))) { node in
                met.append(node)
                return true
            }
            #expect(met.sorted() == Array(0..<20))
            let distances = met.map {
                ring.distance(from: Partition(rawValue: UInt16(partition)), to: $0)
            }
            #expect(distances == distances.sorted())
        }
    }

    @Test(arguments: ["", "-a", "a-", "A", "a_b", "a b", "ä", String(repeating: "a", count: 64)])
    func whatIsNoNameIsRefused(name: String) {
        #expect(NodeID(name) == nil)
    }
}
