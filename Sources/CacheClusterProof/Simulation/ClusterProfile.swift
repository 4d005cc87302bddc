internal import CacheBase
internal import CacheEngine

/// What one run is like, drawn from its seed; runs differ in what they do often, as those of the
/// engine do.
struct ClusterProfile {
    /// What may happen to nodes and links.
    enum Adversity: CaseIterable {
        case kill, powerLoss, crashInWrite, pause, cut, linkLoss, leave, join, stop, copies
    }

    var nodes: Int
    var nodesMax: Int
    var copies: Int
    /// Partitions in which there are keys; nobody leads the others.
    var partitions: Int
    var keysPerPartition: Int
    var clients: Int
    var sync: SyncMode
    var logFileBytes: Int
    var segmentBytes: Int
    /// Of the log, for replicas that are behind.
    var keptLogBytes: UInt64
    var valueBytes: Int
    var adversities: [Adversity]
    var adversityOfThousand: Int
    /// How much more often messages are delivered than maps are looked at, and the reverse.
    var linkWeight: Int
    var mapWeight: Int
    var clientWeight: Int
    var flushWeight: Int
    /// Messages of records come again, later.
    var doublesRecords: Bool

    init(_ random: inout Xoshiro256) {
        nodes = 3 + random.below(2)
        nodesMax = nodes + random.below(3)
        copies = 2 + random.below(2)
        partitions = Self.pick([2, 5, 12, 30], &random)
        keysPerPartition = 1 + random.below(4)
        clients = 2 + random.below(4)
        sync = random.below(4) == 0 ? .always : .never
        logFileBytes = Self.pick([16 << 10, 32 << 10, 64 << 10], &random)
        segmentBytes = Self.pick([4 << 10, 16 << 10], &random)
        keptLogBytes = Self.pick([0, 32 << 10, 1 << 20], &random)
        valueBytes = Self.pick([32, 300, 2000], &random)
        adversities = Adversity.allCases.filter { _ in random.below(3) != 0 }
        adversityOfThousand = Self.pick([2, 5, 12], &random)
        linkWeight = Self.pick([10, 30, 60], &random)
        mapWeight = Self.pick([4, 12, 30], &random)
        clientWeight = Self.pick([5, 15, 30], &random)
        flushWeight = Self.pick([0, 1, 4], &random)
        doublesRecords = random.below(4) == 0
    }

    private static func pick<Choice>(_ choices: [Choice], _ random: inout Xoshiro256) -> Choice {
        choices[random.below(choices.count)]
    }

    var options: EngineOptions {
        var options = EngineOptions(directory: "data")
        options.backgroundWork = false
        options.sync = sync
        // So much that nobody ever runs into the flusher's limit.
        options.memoryBytesMax = 32 << 20
        options.diskBytesMax = 1 << 30
        options.logFileBytes = logFileBytes
        options.segmentBytes = segmentBytes
        options.entriesMax = 4096
        options.hotTier = false
        return options
    }
}
