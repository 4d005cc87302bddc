import CacheBase
import CacheCluster
import CacheEngine
import CacheFiles
import CacheReplication
import Foundation
import Synchronization
import Testing

/// Some nodes in one process: engines on simulated disks, links that are calls, and a controller
/// that takes every proposal at once.
final class LocalCluster: Sendable {
    final class Node: Sendable {
        let id: NodeID
        let disk: SimulatedFileSystem
        let engine: Engine
        let replication: Replication

        init(_ id: NodeID, _ disk: SimulatedFileSystem, _ engine: Engine, _ part: Replication) {
            self.id = id
            self.disk = disk
            self.engine = engine
            replication = part
        }
    }

    private struct State {
        var controller: ClusterController
        var nodes: [NodeID: Node] = [:]
        var disks: [NodeID: SimulatedFileSystem] = [:]
        /// Pairs between which nothing goes.
        var cuts: Set<[NodeID]> = []
        var links: Set<[NodeID]> = []
        var events: [ClusterEvent] = []
    }

    private let state: Mutex<State>
    private let waitsForCopies: Bool
    private let areLeased = Atomic(true)
    /// Takes maps in their order, and links.
    private let queue = DispatchQueue(label: "cluster")

    init(_ names: [String], copies: Int = 2, waitsForCopies: Bool = true) throws {
        let ids = try names.map { try #require(NodeID($0)) }
        self.waitsForCopies = waitsForCopies
        var controller = ClusterController(
            ClusterMap(first: Self.member(ids[0]), copies: copies))
        _ = controller.handle(ids.dropFirst().map { .arrived(Self.member($0)) })
        state = Mutex(State(controller: controller))
        for id in ids { try start(id) }
        spread()
    }

    static func member(_ id: NodeID) -> Member {
        Member(id: id, dataAddress: "\(id):1", peerAddress: "\(id):2")
    }

    var map: ClusterMap { state.withLock { $0.controller.map } }

    func node(_ name: String) throws -> Node {
        try #require(state.withLock { $0.nodes[NodeID(name)!] })
    }

    var nodes: [Node] { state.withLock { Array($0.nodes.values) } }

    /// Starts a node on the disk that it had before, if it had one.
    func start(_ id: NodeID) throws {
        let disk = state.withLock { $0.disks[id] } ?? SimulatedFileSystem(seed: 7)
        var options = EngineOptions(directory: "data")
        options.memoryBytesMax = 64 << 20
        options.diskBytesMax = 64 << 20
        options.logFileBytes = 256 << 10
        options.segmentBytes = 64 << 10
        let engine = try Engine.open(options, files: disk)
        engine.keepLog(bytes: 512 << 10, whileReadBytes: 8 << 20)
        let replication = Replication(
            engine: engine, book: try LineageBook(directory: "data", files: disk), me: id,
            // A busy machine keeps nobody out.
            lagMilliseconds: 600_000,
            isLeased: { [weak self] in
                self?.areLeased.load(ordering: .sequentiallyConsistent) ?? false
            },
            propose: { [weak self] in self?.propose($0) }, report: { _ in })
        if waitsForCopies {
            engine.noteCopied(engine.lastLSN)
            engine.setWaitsForCopies(true)
        }
        replication.start()
        state.withLock {
            $0.disks[id] = disk
            $0.nodes[id] = Node(id, disk, engine, replication)
        }
    }

    /// Ends a node without a word, as a kill does.
    func kill(_ name: String) throws {
        let node = try node(name)
        state.withLock { state in
            state.nodes[node.id] = nil
            state.links = state.links.filter { !$0.contains(node.id) }
        }
        node.replication.stop()
        node.engine.close()
    }

    /// From now on no node's lease is valid.
    func endLeases() { areLeased.store(false, ordering: .sequentiallyConsistent) }

    func tell(_ events: ClusterEvent...) { propose(events) }

    private func propose(_ events: [ClusterEvent]) {
        state.withLock { $0.events += events }
        queue.async { [weak self] in self?.decide() }
    }

    private func decide() {
        let hasChanged = state.withLock { state in
            let events = state.events
            state.events = []
            return state.controller.handle(events)
        }
        if hasChanged { spread() }
    }

    /// Gives the map to all and makes the links that it needs.
    func spread() {
        let (map, nodes) = state.withLock { ($0.controller.map, Array($0.nodes.values)) }
        for node in nodes {
            do { try node.replication.take(map) } catch { Issue.record(error) }
        }
        for node in nodes {
            for primary in node.replication.primaries {
                if let other = nodes.first(where: { $0.id == primary }) { link(node, other) }
            }
        }
    }

    private func link(_ replica: Node, _ primary: Node) {
        let pair = [replica.id, primary.id]
        guard state.withLock({ $0.links.insert(pair).inserted }) else { return }
        let ends = Ends()
        let fail: @Sendable (String) -> Void = {
            if $0 != Replication.replaced { Issue.record("a link fails: \($0)") }
        }
        let sink = replica.replication.connected(
            primary.id,
            send: { [weak self] in self?.carry($0, pair, { ends.source.receive($0) }) },
            fail: fail)
        let source = primary.replication.accepted(
            replica.id,
            send: { [weak self] in self?.carry($0, pair, { ends.sink.receive($0) }) },
            fail: fail)
        ends.set(source, sink)
    }

    /// Takes a message over the wire, as bytes.
    private func carry(
        _ message: ReplicationMessage, _ pair: [NodeID], _ deliver: (ReplicationMessage) -> Void
    ) {
        let isCut = state.withLock { !$0.links.contains(pair) || $0.cuts.contains(pair) }
        let (type, body) = message.encoded()
        let read = ReplicationMessage(type: type, body: body)
        #expect(read == message)
        if !isCut, let read { deliver(read) }
    }

    func stop() {
        for node in nodes {
            node.replication.stop()
            node.engine.close()
        }
    }
}

/// Both ends of a link; who sends before both are there waits for them.
private final class Ends: @unchecked Sendable {
    // Safe because: `ends` is used under `condition`.
    private let condition = WaitCondition()
    private var ends: (ReplicaSource, ReplicaSink)?

    func set(_ source: ReplicaSource, _ sink: ReplicaSink) {
        condition.withLock {
            ends = (source, sink)
            condition.wakeAll()
        }
    }

    private func both() -> (ReplicaSource, ReplicaSink) {
        condition.withLock {
            while true {
                if let ends { return ends }
                condition.wait()
            }
        }
    }

    var source: ReplicaSource { both().0 }
    var sink: ReplicaSink { both().1 }
}

extension LocalCluster.Node {
    func put(_ key: String, _ value: String) throws -> LSN {
        try Array(key.utf8).withUnsafeBytes { key in
            try Array(value.utf8).withUnsafeBytes { value in
                try engine.put(
                    engine.key(key), value: value, contentType: .init(start: nil, count: 0),
                    expiry: .never
                ).lsn
            }
        }
    }

    func value(_ key: String) throws -> String? {
        var found: String?
        let scratch = ReadScratch()
        try Array(key.utf8).withUnsafeBytes { raw in
            let key = engine.key(raw)
            var isDone = false
            while !isDone {
                switch engine.read(key, { found = String(decoding: $0.value, as: UTF8.self) }) {
                case .hit, .miss: isDone = true
                case .notDurable: isDone = true
                case .cold(let cold):
                    isDone =
                        try engine.readCold(cold, key: key, scratch: scratch, mayBlock: true) {
                            found = String(decoding: $0.value, as: UTF8.self)
                        } != .moved
                }
            }
        }
        return found
    }
}

/// Waits until something holds; fails where it does not in ten minutes, which only a machine that
/// does nothing else comes near.
func eventually(_ what: String, _ holds: () throws -> Bool) async throws {
    let clock = ContinuousClock()
    let end = clock.now + .seconds(600)
    while try !holds() {
        guard clock.now < end else {
            Issue.record("it never came to be that \(what)")
            throw CancellationError()
        }
        try await Task.sleep(for: .milliseconds(20))
    }
}
