import CacheBase
import CacheCluster
import Testing

@testable import CacheMembership

@Suite("Membership over a simulated store")
struct MembershipSimulationTests {
    private func cluster(seed: UInt64) throws -> ClusterSimulation {
        var cluster = ClusterSimulation(nodes: 3, seed: seed)
        cluster.isHostile = false
        let joined = cluster.run(seconds: 60) { Self.isAtRest($0, members: 3) }
        try #require(joined != nil, "three nodes did not come to rest, seed \(seed)")
        return cluster
    }

    private static func isAtRest(_ cluster: ClusterSimulation, members: Int) -> Bool {
        guard let map = cluster.map else { return false }
        return map.members.count { $0.isAlive } == members && map.movesLeft == 0
            && map.leaderless == 0 && map.partitions.allSatisfy { $0.successor == nil }
    }

    @Test(arguments: [UInt64](1...3))
    func threeNodesJoinAndShare(seed: UInt64) throws {
        let cluster = try cluster(seed: seed)
        #expect(cluster.violations.isEmpty)
        #expect(cluster.nodes.count { $0.membership.isController } == 1)
    }

    @Test(arguments: [UInt64](1...3))
    func aKilledNodeIsReplacedWithinItsLeaseAndASecond(seed: UInt64) throws {
        var cluster = try cluster(seed: seed)
        // The controller's own end is the hardest case.
        let victim = try #require(
            cluster.nodes.firstIndex { $0.membership.isController }, "seed \(seed)")
        let id = cluster.nodes[victim].membership.settings.member.id
        cluster.kill(victim)
        let taken = cluster.run(seconds: 10) { cluster in
            guard let map = cluster.map else { return false }
            return map.leaderless == 0 && !map.partitions.contains { $0.primary == id }
        }
        // The store's time, not this machine's.
        #expect(try #require(taken) <= 4_000_000_000, "seed \(seed)")
        #expect(cluster.violations.isEmpty)
    }

    @Test func aNodeCutFromTheStoreStopsBeforeAnotherLeads() throws {
        var cluster = try cluster(seed: 11)
        cluster.cut(1, seconds: 20)
        cluster.run(seconds: 10)
        #expect(cluster.violations.isEmpty)
        let node = cluster.nodes[1]
        #expect(node.membership.map != nil)
        let until = node.membership.mayWriteUntil ?? 0
        #expect(until <= node.local(cluster.now))
        #expect(cluster.map?.partitions.contains { $0.primary?.name == "node-1" } == false)
    }

    @Test(arguments: [UInt64](100..<106))
    func neverTwoWritersOfOnePartition(seed: UInt64) {
        var cluster = ClusterSimulation(nodes: 4, seed: seed)
        cluster.run(seconds: 60)
        #expect(cluster.violations.isEmpty, "seed \(seed)")
        #expect((cluster.map?.epoch ?? 0) > 3, "nothing happened, seed \(seed)")
        cluster.isHostile = false
        for number in 0..<4 { cluster.start(number) }
        let settled = cluster.run(seconds: 60) { Self.isAtRest($0, members: 4) }
        #expect(settled != nil, "the cluster did not come to rest, seed \(seed)")
        #expect(cluster.violations.isEmpty, "seed \(seed)")
    }

    /// The simulation would see it: a lease relied on for longer than it lasts.
    @Test func withoutTheMarginTwoWrite() {
        let isFound = (200..<220).contains { seed in
            var cluster = ClusterSimulation(
                nodes: 4, seed: UInt64(seed), marginPercent: -60)
            cluster.run(seconds: 60)
            return cluster.violations.contains { $0.contains("two writers") }
        }
        #expect(isFound)
    }
}
