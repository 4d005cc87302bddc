import CacheBase
import CacheEngine
import CacheFiles
import Foundation
import Testing

@testable import CacheNode

/// What a node says of itself through its life.
@Suite("Node control")
struct NodeControlTests {
    private let disk = SimulatedFileSystem(seed: 1)
    private let clock = Clock.manual(start: Timestamp(rawValue: 1_800_000_000_000))
    private let state = NodeState()
    private let control: NodeControl

    init() {
        control = NodeControl(state: state, version: "1.2.3", clock: clock) { engine, state in
            let member = NodeList.Member(
                id: engine.identifier, address: "a:1",
                state: state.unreadyReasons.isEmpty ? "ready" : "not", role: "primary", lagBytes: 0)
            return NodeList(epoch: 7, members: [member])
        }
    }

    private func open() throws -> Engine {
        var options = EngineOptions(directory: "data")
        options.backgroundWork = false
        options.identitySeed = 1
        options.memoryBytesMax = 64 << 20
        options.diskBytesMax = 64 << 20
        return try Engine.open(options, files: disk, clock: clock)
    }

    private func put(_ engine: Engine, _ key: String) throws {
        try Array(key.utf8).withUnsafeBytes { key in
            _ = try engine.put(
                engine.key(key), value: key, contentType: .init(start: nil, count: 0),
                expiry: .never)
        }
    }

    private func document(_ endpoint: ControlEndpoint) throws -> [String: Any] {
        let parsed = try JSONSerialization.jsonObject(with: Data(control.answer(endpoint).body))
        return try #require(parsed as? [String: Any])
    }

    private func kinds() throws -> [String] {
        let answer = control.answer(.ready)
        #expect((answer.status == 200) == state.unreadyReasons.isEmpty)
        #expect((answer.retryAfterSeconds != nil) == (answer.status == 503))
        let reasons = try document(.ready)["reasons"] as? [[String: String]] ?? []
        #expect(reasons.allSatisfy { $0["detail"]?.isEmpty == false })
        return reasons.compactMap { $0["reason"] }
    }

    @Test func beforeTheStoreIsOpenItLivesAndIsNotReady() throws {
        #expect(control.answer(.live).status == 200)
        #expect(control.answer(.health).status == 200)
        #expect(try kinds() == ["recovering"])
        state.report(RecoveryProgress(segmentsLoaded: 3, segments: 9))
        #expect(try document(.ready)["detail"] as? String == "Recovering: 3 of 9 segments.")
        state.report(
            RecoveryProgress(segmentsLoaded: 9, segments: 9, replayedRecords: 65_536))
        #expect(
            try document(.ready)["detail"] as? String == "Recovering: 65536 records of the log.")
        for endpoint in [ControlEndpoint.stats, .nodes] {
            #expect(control.answer(endpoint).status == 503)
        }
        let metrics = String(decoding: control.answer(.metrics).body, as: UTF8.self)
        #expect(metrics.contains("\ndcs_ready 0\n"))
        #expect(metrics.contains(#"dcs_build_info{version="1.2.3"} 1"#))
        #expect(!metrics.contains("dcs_entries"))
    }

    @Test func onceOpenItHasFigures() throws {
        let engine = try open()
        state.serve(engine)
        try put(engine, "key")
        clock.advance(milliseconds: 1500)
        #expect(try kinds() == [])
        let stats = try document(.stats)
        #expect(stats["entries"] as? Int == 1)
        #expect(stats["uptime_seconds"] as? Double == 1.5)
        #expect(stats["version"] as? String == "1.2.3")
        for (object, members) in [
            ("memory", ["used_bytes", "max_bytes"]), ("search", ["documents"]),
            ("disk", ["used_bytes", "live_bytes", "segments"]), ("wal", ["bytes", "syncs"]),
            ("transactions", ["open"]),
        ] {
            let found = try #require(stats[object] as? [String: Any], "\(object)")
            #expect(members.allSatisfy { found[$0] is Int }, "\(object)")
        }
        for member in ["hits", "misses", "hit_ratio", "evictions", "expirations"] {
            #expect(stats[member] is NSNumber, "\(member)")
        }
        let nodes = try document(.nodes)
        #expect(nodes["epoch"] as? Int == 7)
        let node = try #require((nodes["nodes"] as? [[String: Any]])?.first)
        #expect(node["id"] as? String == engine.identifier)
        #expect(engine.identifier.count == 32)
        #expect(node["lag_bytes"] as? Int == 0)
        let metrics = String(decoding: control.answer(.metrics).body, as: UTF8.self)
        #expect(metrics.contains("\ndcs_ready 1\n"))
        #expect(metrics.contains("\ndcs_entries 1\n"))
    }

    @Test func everyMetricHasItsUnitAndItsKind() throws {
        state.serve(try open())
        let lines = String(decoding: control.answer(.metrics).body, as: UTF8.self)
            .split(separator: "\n").map { $0.split(separator: " ", maxSplits: 3) }
        var seen: Set<Substring> = []
        for words in lines where words[0] == "#" && words[1] == "TYPE" {
            let name = words[2]
            #expect(seen.insert(name).inserted, "\(name) stands twice")
            #expect(name.hasPrefix("dcs_") || name.hasPrefix("process_"))
            #expect(name.hasSuffix("_total") == (words[3] == "counter"), "\(name)")
        }
        #expect(seen.count > 30)
    }

    @Test func aFailedSyncIsAReasonUntilTheRestart() throws {
        let engine = try open()
        state.serve(engine)
        try put(engine, "key")
        disk.inject(FileFault(.io, on: [.sync]))
        #expect(throws: StorageError.self) { try engine.waitUntilDurable(engine.lastLSN) }
        #expect(!engine.acceptsWrites)
        #expect(try kinds() == ["sync-failed"])
    }

    @Test func drainingComesFirstAndStays() throws {
        state.serve(try open())
        state.add { UnreadyReason("search", "The index is rebuilt.") }
        #expect(try kinds() == ["search"])
        state.drain()
        #expect(try kinds() == ["draining", "search"])
        #expect(
            try document(.ready)["detail"] as? String
                == "The node is stopping. The index is rebuilt.")
        #expect(control.answer(.live).status == 200)
        #expect(control.answer(.stats).status == 200)
    }
}
