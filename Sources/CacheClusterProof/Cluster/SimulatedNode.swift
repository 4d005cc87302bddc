internal import CacheBase
internal import CacheCluster
internal import CacheEngine
internal import CacheFiles
internal import CacheReplication
internal import Synchronization

/// A machine of the simulated cluster: its disk outlives every process that runs on it.
final class SimulatedNode {
    let number: Int
    let id: NodeID
    let disk: SimulatedFileSystem
    /// The process; nil where none runs.
    var life: NodeLife?
    /// The process stands still.
    var isPaused = false
    /// It reaches the store of the map no more.
    var isCut = false
    /// It is to leave; once it is no member any more it has left.
    var isLeaving = false
    var hasLeft = false

    init(_ number: Int, diskSeed: UInt64) {
        self.number = number
        id = Self.id(ofName: "n\(number)")
        disk = SimulatedFileSystem(seed: diskSeed)
    }

    static func id(ofName name: String) -> NodeID {
        guard let id = NodeID(name) else { preconditionFailure("\(name) is a name") }
        return id
    }

    /// The process, where it does anything.
    var running: NodeLife? { isPaused ? nil : life }

    /// The process, where it also reaches the store of the map.
    var connected: NodeLife? { isCut ? nil : running }
}

/// One process of a node, from its start to its end.
final class NodeLife {
    /// Of all lives of the run.
    let number: Int
    let engine: Engine
    let replication: Replication
    let clock: Clock
    let desk = ProposalDesk()

    /// The newest map that was read, what waits to be acted on, and what was acted on last.
    var seen: ClusterMap?
    var waiting: [ClusterMap] = []
    var taken: ClusterMap?
    /// By which requests are judged; follows `taken`.
    var routing: ClusterMap? { didSet { noteLease() } }
    /// What the map gives to this node, and it cannot lead.
    var notLed: Set<Partition> = []
    /// The newest map when the lease began; nil without a lease.
    var registeredAt: UInt64? { didSet { noteLease() } }
    /// `isWritable`, for who must not hold this.
    private let lease = Lease()
    /// The leaderships whose entries were looked at.
    var examined: [Partition: Epoch] = [:]

    init(
        _ number: Int, _ id: NodeID, _ disk: SimulatedFileSystem, _ options: EngineOptions,
        keptLogBytes: UInt64, wall: UInt64
    ) throws(StorageError) {
        self.number = number
        clock = .manual(start: Timestamp(rawValue: wall))
        engine = try Engine.open(options, files: disk, clock: clock)
        engine.keepLog(bytes: keptLogBytes, whileReadBytes: 2 * keptLogBytes)
        let (desk, lease) = (desk, lease)
        replication = Replication(
            engine: engine, book: try LineageBook(directory: options.directory, files: disk),
            me: id, isThreaded: false, isLeased: { lease.isValid }, propose: { desk.propose($0) },
            report: { _ in })
        engine.noteCopied(engine.lastLSN)
        engine.setWaitsForCopies(true)
    }

    /// Under a lease, and the map that was seen with it is in force.
    var isWritable: Bool {
        guard let registeredAt, let routing else { return false }
        return routing.epoch >= registeredAt
    }

    private func noteLease() { lease.isValid = isWritable }

    /// A newer map was read.
    func see(_ map: ClusterMap) {
        desk.read(map)
        seen = map
        waiting.append(map)
    }
}

/// Whether a process may take writes.
private final class Lease: Sendable {
    private let flag = Atomic(false)

    var isValid: Bool {
        get { flag.load(ordering: .relaxed) }
        set { flag.store(newValue, ordering: .relaxed) }
    }
}
