import CacheBase
import CacheCluster
import CacheEngine
import CacheFiles
import Testing

@testable import CacheReplication

/// Pages of records that come twice, late, again much later, in another order or not at all: none of
/// it can happen within TLS, and none of it does harm.
@Suite("Records in disorder")
struct DisorderTests {
    @Test(arguments: [UInt64](1...8))
    func everyRecordIsAppliedOnceAndInItsPlace(seed: UInt64) throws {
        let pair = try NodePair(seed: seed)
        defer { pair.stop() }
        for _ in 0..<400 { try pair.step() }
        try pair.rest()
        #expect(pair.disorders > 0 && pair.writes > 20, "seed \(seed)")
        #expect(try pair.differences() == [], "seed \(seed)")
    }

    @Test("where a node makes a second link, the first ends, and its replica learns of it")
    func aSecondLink() throws {
        let pair = try NodePair(seed: 6)
        defer { pair.stop() }
        try pair.write(0)
        let first = pair.linkOnceMore()
        #expect(first.hasFailed)
        try pair.rest()
        #expect(try pair.differences() == [])
    }

    @Test("a copy that has a position has no less and no more than the records up to it")
    func aCopyThatIsCutOff() throws {
        let pair = try NodePair(seed: 7)
        defer { pair.stop() }
        try pair.write(0)
        try pair.write(1)
        try pair.flushPrimary()
        // What is gone with the log alone is not in the segments either.
        try pair.remove(0)
        try pair.forgetReplica()
        try pair.exchangeUntilCopied()
        #expect(try pair.differences() == [])
    }

    @Test("a page that is missing is noticed with the next of its partition, and fetched again")
    func aGap() throws {
        let pair = try NodePair(seed: 5)
        defer { pair.stop() }
        try pair.rest()
        try pair.write(0)
        pair.loseNextPage()
        try pair.exchange()
        try pair.write(0)
        for _ in 0..<4 { try pair.exchange() }
        #expect(pair.linksLost == 1)
        try pair.rest()
        #expect(try pair.differences() == [])
    }
}

/// A primary and its replica in one thread, and a line between them that does what it should not.
fileprivate final class NodePair {
    private let primary: LocalNode
    private let replica: LocalNode
    private let map: ClusterMap
    private var random: Xoshiro256
    private var line: Line
    private var past: [ReplicationMessage] = []
    private var losesNextPage = false
    private var values: [Int: Int] = [:]
    private(set) var disorders = 0
    private(set) var writes = 0
    private(set) var linksLost = 0

    private static let keys = 12

    init(seed: UInt64) throws {
        random = Xoshiro256(seed: seed)
        primary = try LocalNode("a")
        replica = try LocalNode("b")
        let ids = [primary.id, replica.id]
        var map = ClusterMap(fixed: ids.map(LocalCluster.member), copies: 2)
        map.epoch = 1
        for number in map.partitions.indices {
            map.partitions[number] = PartitionState(
                epoch: Epoch(rawValue: 1), primary: primary.id, inSync: ids)
        }
        self.map = map
        for node in [primary, replica] { try node.replication.take(map) }
        line = Line(primary, replica)
    }

    func stop() {
        for node in [primary, replica] {
            node.replication.stop()
            node.engine.close()
        }
    }

    private func linkAgain() {
        linksLost += 1
        replica.replication.ended(primary.id, line.sink)
        primary.replication.ended(replica.id, line.source)
        line = Line(primary, replica)
    }

    /// Makes another link, as if nobody knew of the one that is there.
    /// - Returns: what the one before was told.
    func linkOnceMore() -> Outbox {
        let before = line.toReplica
        line = Line(primary, replica)
        return before
    }

    func loseNextPage() { losesNextPage = true }

    func write(_ key: Int) throws {
        writes += 1
        values[key] = writes
        try primary.put("key \(key)", "\(writes)")
    }

    /// Something happens, on the line too.
    func step() throws {
        if random.below(3) == 0 { try write(random.below(Self.keys)) }
        line.source.step()
        var messages = line.toReplica.takeAll()
        disturb(&messages)
        for message in messages { line.sink.receive(message) }
        line.sink.step()
        for message in line.toPrimary.takeAll() { line.source.receive(message) }
        if line.toReplica.hasFailed { linkAgain() }
    }

    private func disturb(_ messages: inout [ReplicationMessage]) {
        for (place, message) in messages.enumerated().reversed() {
            guard case .records = message else { continue }
            past.append(message)
            switch random.below(14) {
            case 0: messages.insert(message, at: place)
            case 1: messages.remove(at: place)
            case 2: messages.insert(past[random.below(past.count)], at: place)
            case 3: messages.append(messages.remove(at: place))
            default: continue
            }
            disorders += 1
        }
    }

    /// Everything arrives as it was sent, but for a page that is to be lost.
    func exchange() throws {
        line.source.step()
        for message in line.toReplica.takeAll() {
            if losesNextPage, case .records = message {
                losesNextPage = false
                continue
            }
            line.sink.receive(message)
        }
        line.sink.step()
        for message in line.toPrimary.takeAll() { line.source.receive(message) }
        if line.toReplica.hasFailed { linkAgain() }
    }

    func remove(_ key: Int) throws {
        values[key] = nil
        try Array("key \(key)".utf8).withUnsafeBytes { raw in
            _ = try primary.engine.remove(primary.engine.key(raw))
        }
    }

    func flushPrimary() throws { while try primary.engine.flush() {} }

    /// What the replica has of every partition is of no position.
    func forgetReplica() throws {
        for number in map.partitions.indices {
            try replica.engine.setPosition(
                Partition(rawValue: UInt16(number)), nil, Epoch(rawValue: 1))
        }
    }

    /// Everything arrives up to the end of a copy, and nothing behind it.
    func exchangeUntilCopied() throws {
        for _ in 0..<40 {
            replica.engine.clock.advance(milliseconds: 100)
            line.sink.step()
            for message in line.toPrimary.takeAll() { line.source.receive(message) }
            line.source.step()
            for message in line.toReplica.takeAll() {
                line.sink.receive(message)
                line.sink.step()
                if case .copied = message { return }
            }
        }
        Issue.record("nothing was copied")
    }

    /// Goes on in order until the replica has everything; on a new line, as whoever finds a fault
    /// makes one.
    func rest() throws {
        linkAgain()
        linksLost -= 1
        for _ in 0..<40 {
            primary.engine.clock.advance(milliseconds: 100)
            replica.engine.clock.advance(milliseconds: 100)
            try exchange()
        }
    }

    /// What the replica has and should not, or has not.
    func differences() throws -> [String] {
        var found: [String] = []
        for key in 0..<Self.keys {
            let wanted = values[key].map { "\($0)" }
            let seen = try replica.value("key \(key)")
            if seen != wanted {
                found.append("key \(key): \(seen ?? "nothing"), not \(wanted ?? "nothing")")
            }
        }
        let (one, other) = (primary.engine.standings(), replica.engine.standings())
        for (number, pair) in zip(one, other).enumerated() where pair.0.sequence != pair.1.sequence
        {
            found.append("partition \(number): \(pair)")
        }
        return found
    }
}

/// A link and what is on it.
private struct Line {
    let toReplica = Outbox()
    let toPrimary = Outbox()
    let sink: ReplicaSink
    let source: ReplicaSource

    init(_ primary: LocalNode, _ replica: LocalNode) {
        let (toReplica, toPrimary) = (toReplica, toPrimary)
        sink = replica.replication.connected(
            primary.id, send: { toPrimary.add($0) }, fail: { _ in toReplica.fail() })
        source = primary.replication.accepted(
            replica.id, send: { toReplica.add($0) }, fail: { _ in toReplica.fail() })
    }
}

extension LocalNode {
    fileprivate func put(_ key: String, _ value: String) throws {
        _ = try Array(key.utf8).withUnsafeBytes { key in
            try Array(value.utf8).withUnsafeBytes { value in
                try engine.put(
                    engine.key(key), value: value, contentType: .init(start: nil, count: 0),
                    expiry: .never)
            }
        }
    }

    fileprivate func value(_ key: String) throws -> String? {
        var found: String?
        try Array(key.utf8).withUnsafeBytes { raw in
            let key = engine.key(raw)
            switch engine.read(key, { found = String(decoding: $0.value, as: UTF8.self) }) {
            case .hit, .miss, .notDurable: break
            case .cold(let cold):
                _ = try engine.readCold(cold, key: key, scratch: ReadScratch(), mayBlock: true) {
                    found = String(decoding: $0.value, as: UTF8.self)
                }
            }
        }
        return found
    }
}

/// One node whose replication works when it is told to.
private final class LocalNode {
    let id: NodeID
    let engine: Engine
    let replication: Replication

    init(_ name: String) throws {
        id = try #require(NodeID(name))
        let disk = SimulatedFileSystem(seed: 3)
        var options = EngineOptions(directory: "data")
        options.backgroundWork = false
        options.memoryBytesMax = Limits.memoryBytesMin
        options.diskBytesMax = Limits.diskBytesMin
        options.sync = .never
        let clock = Clock.manual(start: Timestamp(rawValue: 1_800_000_000_000))
        engine = try Engine.open(options, files: disk, clock: clock)
        engine.keepLog(bytes: 1 << 20, whileReadBytes: 1 << 20)
        replication = Replication(
            engine: engine, book: try LineageBook(directory: "data", files: disk), me: id,
            isThreaded: false, propose: { _ in }, report: { _ in })
    }
}

/// What an end of the line has sent; all on one thread.
fileprivate final class Outbox: @unchecked Sendable {
    // Safe because: the test has one thread.
    private var messages: [ReplicationMessage] = []
    private(set) var hasFailed = false

    func add(_ message: ReplicationMessage) { messages.append(message) }
    func fail() { hasFailed = true }

    func takeAll() -> [ReplicationMessage] {
        defer { messages = [] }
        return messages
    }
}
