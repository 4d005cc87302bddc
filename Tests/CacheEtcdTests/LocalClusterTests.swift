import CacheBase
import CacheCluster
import CacheMembership
import Foundation
import Glibc
import Synchronization
import Testing

@testable import CacheEtcd

/// Whole nodes' memberships over a real etcd that is killed, stopped and emptied.
@Suite(
    "Members of a cluster", .enabled(if: EtcdProcess.program != nil), .timeLimit(.minutes(5)),
    .serialized)
struct LocalClusterTests {
    /// Runs `body` with an etcd and three nodes at rest over it.
    private func withCluster(
        _ body: (EtcdProcess, LocalCluster) async throws -> Void
    ) async throws {
        let etcd = try EtcdProcess()
        let cluster = try LocalCluster(etcd)
        do {
            for number in 0..<3 { cluster.start(number) }
            try await cluster.until { cluster.isAtRest(3) }
            try await body(etcd, cluster)
            #expect(cluster.violations.isEmpty)
            for node in cluster.nodes {
                let epochs = node.maps.withLock { $0.map(\.epoch) }
                #expect(epochs == Set(epochs).sorted(), "maps are told once, in their order")
            }
            await cluster.end()
        } catch {
            await cluster.end()
            throw error
        }
    }

    @Test func aControllerThatIsKilledIsReplacedAndWelcomeAgain() async throws {
        try await withCluster { _, cluster in
            let victim = try #require(cluster.nodes.firstIndex { $0.runner.isController })
            let id = LocalCluster.member(victim).id
            let killed = try #require(await cluster.kill(victim))
            #expect(killed.runner.standing.mayWriteUntil == nil)
            try await cluster.until {
                guard let map = cluster.map, map.member(id)?.state == .lost else { return false }
                return map.leaderless == 0 && !map.partitions.contains { $0.primary == id }
                    && cluster.nodes.contains { $0.runner.isController }
            }
            cluster.start(victim)
            try await cluster.until { cluster.isAtRest(3) }
            #expect(cluster.map?.partitions.contains { $0.primary == id } == true)
        }
    }

    @Test func withoutAnswersWritesEndBeforeTheLeasesAndTheMapStays() async throws {
        try await withCluster { etcd, cluster in
            etcd.send(SIGSTOP)
            try await cluster.until { etcd.isStopped }
            let stopped = cluster.clock.monotonicNanoseconds()
            try await cluster.until {
                let now = cluster.clock.monotonicNanoseconds()
                return cluster.nodes.allSatisfy { ($0.runner.standing.mayWriteUntil ?? 0) <= now }
            }
            for node in cluster.nodes {
                // What renewed the lease last was sent before the stop.
                let until = node.runner.standing.mayWriteUntil ?? 0
                #expect(until <= stopped + 2_700_000_000)
                #expect(node.runner.map != nil && node.runner.fault == nil)
            }
            etcd.send(SIGCONT)
            try await cluster.until { cluster.isAtRest(3) }
        }
    }

    @Test func anEtcdThatIsBackIsFoundAgain() async throws {
        try await withCluster { etcd, cluster in
            let epoch = try #require(cluster.map?.epoch)
            etcd.kill()
            try await cluster.until {
                let now = cluster.clock.monotonicNanoseconds()
                return cluster.nodes.allSatisfy { ($0.runner.standing.mayWriteUntil ?? 0) <= now }
            }
            try etcd.start()
            try await cluster.until { cluster.isAtRest(3) }
            #expect(try #require(cluster.map?.epoch) >= epoch)
            #expect(cluster.nodes.allSatisfy { $0.runner.fault == nil })
        }
    }

    @Test func anEtcdThatLostTheMapIsNotBuiltUpon() async throws {
        try await withCluster { etcd, cluster in
            let epoch = try #require(cluster.map?.epoch)
            etcd.kill()
            try FileManager.default.removeItem(atPath: etcd.folder + "/data")
            try etcd.start()
            try await cluster.until { cluster.nodes.allSatisfy { $0.runner.fault != nil } }
            for node in cluster.nodes {
                #expect(node.runner.standing.mayWriteUntil == nil)
                #expect(node.runner.map?.epoch == epoch)
                #expect(node.faults.withLock { $0.count } == 1)
            }
        }
    }
}
