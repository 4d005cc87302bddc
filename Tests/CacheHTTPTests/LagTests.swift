import CacheBase
import CacheCluster
import CacheEngine
import CacheNode
import NIOCore
import Testing

@testable import CacheHTTP

/// Reads that may show what is old say so.
@Suite("Reads that lag")
struct LagTests {
    private let harness: EngineHarness
    private let router: PartitionRouter
    private let clock: Clock

    /// A node that leads the key "a", under a lease of a second.
    init() throws {
        let plain = try EngineHarness.make()
        clock = plain.store.clock
        let router = PartitionRouter(.empty, clock: clock)
        self.router = router
        router.setWritable(until: clock.monotonicNanoseconds() + 1_000_000_000)
        let seam = ClusterSeam(
            name: "node-1", tagMark: "", router: router,
            open: { _, _, eventLoop, _ in
                eventLoop.makeFailedFuture(ChannelError.inappropriateOperationForState)
            }, copyAge: { _ in 70 }, copiesWanted: {})
        harness = EngineHarness(
            store: plain.store, settings: DataPlaneSettings(), cluster: seam)
        try lead(by: "node-1")
        #expect(try harness.call("PUT", "/cache/a", body: "1")?.status == 201)
    }

    private func lead(by primary: String) throws {
        let ids = try ["node-1", "node-2"].map { try #require(NodeID($0)) }
        var map = ClusterMap(
            fixed: ids.map { Member(id: $0, dataAddress: "\($0):1", peerAddress: "\($0):2") },
            copies: 2)
        for number in map.partitions.indices {
            map.partitions[number] = PartitionState(
                epoch: Epoch(rawValue: 1), primary: try #require(NodeID(primary)), inSync: ids)
        }
        harness.loop.routing = RoutingTable(map, ids[0])
    }

    private func lag(_ target: String, _ method: String = "GET") throws -> String? {
        try #require(try harness.call(method, target)).fields["dcs-lag"]
    }

    @Test("a primary with a lease shows what is so")
    func leased() throws {
        #expect(try lag("/cache/a") == nil)
        #expect(try lag("/cache/a?read=local") == nil)
        #expect(try lag("/cache?key=a") == nil)
    }

    @Test("without a lease it says since when others may have written, also of what is not there")
    func leaseOver() throws {
        clock.advance(milliseconds: 1500)
        #expect(try lag("/cache/a") == "501")
        #expect(try lag("/cache/a", "HEAD") == "501")
        #expect(try lag("/cache?key=a") == "501")
        #expect(try lag("/cache/absent") == "501")
        let batch = #"{"operations":[{"op":"get","key":"a"}]}"#
        #expect(try harness.call("POST", "/cache/batch", body: batch)?.fields["dcs-lag"] == "501")
        router.setWritable(until: clock.monotonicNanoseconds() + 1_000_000_000)
        #expect(try lag("/cache/a") == nil)
    }

    @Test("where it never had a lease, nobody knows")
    func neverLeased() throws {
        router.setWritable(until: 0)
        #expect(try lag("/cache/a") == "unknown")
    }

    @Test("a copy of what another leads is as old as its primary last said")
    func copies() throws {
        try lead(by: "node-2")
        #expect(try lag("/cache/a?read=local") == "70")
    }
}
