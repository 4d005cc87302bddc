import CacheBase
import CacheCluster
import CacheEngine
import CacheReplication
import Testing

@Suite("Replication", .serialized)
struct ReplicationTests {
    private func partition(_ key: String) -> Partition {
        Partition(keyChecksum: Array(key.utf8).withUnsafeBytes { CRC32C.of($0) })
    }

    /// Whoever leads the key's partition.
    private func primary(of key: String, _ cluster: LocalCluster) throws -> LocalCluster.Node {
        let id = try #require(cluster.map[partition(key)].primary)
        return try cluster.node(id.name)
    }

    private func isSettled(_ cluster: LocalCluster) -> Bool {
        let map = cluster.map
        return map.movesLeft == 0
            && map.partitions.allSatisfy { $0.learners.isEmpty && $0.successor == nil }
    }

    private func putAll(
        _ cluster: LocalCluster, _ range: Range<Int>, _ value: String
    ) async throws -> [String: String] {
        var written: [String: String] = [:]
        for number in range {
            let key = "key \(number)"
            try await eventually("\(key) is written") {
                (try? primary(of: key, cluster).put(key, "\(value) \(number)")) != nil
            }
            written[key] = "\(value) \(number)"
        }
        return written
    }

    @Test("three nodes come to hold each partition twice, and every copy reads alike")
    func copiesAreEqual() async throws {
        let cluster = try LocalCluster(["a", "b", "c"])
        defer { cluster.stop() }
        try await eventually("every partition has its copies") { isSettled(cluster) }
        let written = try await putAll(cluster, 0..<300, "value")
        for (key, value) in written {
            let state = cluster.map[partition(key)]
            #expect(state.inSync.count == 2)
            for id in state.inSync {
                let node = try cluster.node(id.name)
                try await eventually("\(id) has \(key)") { try node.value(key) == value }
            }
        }
    }

    @Test("a copy knows how old it is at most, for as long as its primary has a lease")
    func ages() async throws {
        let cluster = try LocalCluster(["a", "b"])
        defer { cluster.stop() }
        try await eventually("every partition has its copies") { isSettled(cluster) }
        let key = "key 1"
        let (leader, state) = (try primary(of: key, cluster), cluster.map[partition(key)])
        let holder = try cluster.node(try #require(state.inSync.first { $0 != leader.id }).name)
        func age() -> UInt64? {
            let now = holder.engine.clock.monotonicNanoseconds()
            return holder.replication.ages.milliseconds(partition(key), now: now)
        }
        try await eventually("the copy knows its age") { age() != nil }
        let written = holder.engine.clock.monotonicNanoseconds()
        _ = try leader.put(key, "value")
        try await eventually("the copy is younger than the write") {
            let now = holder.engine.clock.monotonicNanoseconds()
            guard let age = age(), now - age * 1_000_000 > written else { return false }
            return true
        }
        #expect(try holder.value(key) == "value")
        cluster.endLeases()
        let ended = holder.engine.clock.monotonicNanoseconds()
        try await eventually("a second passes") {
            holder.engine.clock.monotonicNanoseconds() > ended + 1_000_000_000
        }
        let now = holder.engine.clock.monotonicNanoseconds()
        #expect((age() ?? 0) * 1_000_000 + 1_000_000 >= now - ended)
    }

    @Test("what is acknowledged survives the loss of any node, and the others lead its partitions")
    func failover() async throws {
        let cluster = try LocalCluster(["a", "b", "c"])
        defer { cluster.stop() }
        try await eventually("every partition has its copies") { isSettled(cluster) }
        let written = try await putAll(cluster, 0..<300, "before")
        for node in cluster.nodes {
            try await eventually("\(node.id)'s writes are copied") {
                node.engine.copiedLSN >= node.engine.lastLSN
            }
        }
        try cluster.kill("b")
        cluster.tell(.lost(try #require(NodeID("b"))))
        try await eventually("somebody else leads") {
            cluster.map.partitions.allSatisfy { $0.primary.map { $0.name != "b" } ?? false }
        }
        for (key, value) in written {
            try await eventually("\(key) is read") {
                try primary(of: key, cluster).value(key) == value
            }
        }
        let later = try await putAll(cluster, 200..<400, "after")
        try cluster.start(try #require(NodeID("b")))
        cluster.tell(.arrived(LocalCluster.member(try #require(NodeID("b")))))
        cluster.spread()
        try await eventually("every partition has its copies again") { isSettled(cluster) }
        for (key, value) in written.merging(later, uniquingKeysWith: { $1 }) {
            for id in cluster.map[partition(key)].inSync {
                let node = try cluster.node(id.name)
                try await eventually("\(id) has \(key)") { try node.value(key) == value }
            }
        }
    }

    @Test("a node that leaves gives everything away first, under writes")
    func leaving() async throws {
        let cluster = try LocalCluster(["a", "b", "c"])
        defer { cluster.stop() }
        try await eventually("every partition has its copies") { isSettled(cluster) }
        let written = try await putAll(cluster, 0..<200, "value")
        let leaver = try #require(NodeID("a"))
        cluster.tell(.leaving(leaver))
        let later = try await putAll(cluster, 100..<300, "later")
        try await eventually("it is no member") { cluster.map.member(leaver) == nil }
        try cluster.kill("a")
        for (key, value) in written.merging(later, uniquingKeysWith: { $1 }) {
            try await eventually("\(key) is read") {
                try primary(of: key, cluster).value(key) == value
            }
        }
    }
}
