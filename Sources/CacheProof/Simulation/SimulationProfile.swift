internal import CacheBase
internal import CacheEngine

/// What one run is like, drawn from its seed: runs differ in what they do often, because a fault
/// that needs many flushes and no reads is never found by an average of everything (Groce et al.,
/// "Swarm Testing", 2012).
struct SimulationProfile {
    /// What may happen to the machine.
    struct Adversity {
        var crashes = true
        var powerLosses = true
        /// Calls that fail once, syncs included.
        var faults = false
        var fullDisks = false
        var clockSteps = false
    }

    var sync: SyncMode
    var keys: Int
    var clients: Int
    var logFileBytes: Int
    var segmentBytes: Int
    /// Most values are shorter than this; one in `largeEvery` is up to `largeBytes` long.
    var valueBytes: Int
    var largeBytes: Int
    var largeEvery: Int
    /// Of sixteen puts, so many have a time to live.
    var timedOfSixteen: Int
    /// Of sixteen things that a client begins, so many are transactions.
    var transactionsOfSixteen: Int
    var hotTier: Bool
    /// The disk is too small for all: entries may be evicted at any time.
    var evicts: Bool
    /// Of a thousand steps, so many are background work and adversities; the rest are clients'.
    var backgroundOfThousand: Int
    var adversityOfThousand: Int
    var adversity: Adversity

    init(_ random: inout Xoshiro256) {
        sync = Self.pick([.always, .interval(milliseconds: 100), .never], &random)
        keys = Self.pick([3, 12, 40, 150], &random)
        clients = 1 + random.below(6)
        logFileBytes = Self.pick([16 << 10, 32 << 10, 64 << 10], &random)
        segmentBytes = Self.pick([4 << 10, 16 << 10, 48 << 10], &random)
        valueBytes = Self.pick([24, 200, 1200, 5000], &random)
        largeBytes = Self.pick([9 << 10, 40 << 10, 150 << 10], &random)
        largeEvery = Self.pick([20, 60, 400], &random)
        timedOfSixteen = Self.pick([0, 3, 12], &random)
        transactionsOfSixteen = Self.pick([0, 2, 8], &random)
        hotTier = random.coin()
        evicts = random.below(8) == 0
        backgroundOfThousand = Self.pick([40, 120, 300], &random)
        adversityOfThousand = Self.pick([4, 15, 50], &random)
        adversity = Adversity()
        adversity.powerLosses = random.below(4) != 0
        adversity.faults = random.coin()
        adversity.fullDisks = random.below(3) == 0
        adversity.clockSteps = random.coin()
    }

    private static func pick<Choice>(_ choices: [Choice], _ random: inout Xoshiro256) -> Choice {
        choices[random.below(choices.count)]
    }

    var options: EngineOptions {
        var options = EngineOptions(directory: "data")
        options.backgroundWork = false
        options.identitySeed = 1
        options.sync = sync
        // Without a hot tier, so little that writers run into the flusher's limit.
        options.memoryBytesMax = hotTier ? 96 << 20 : 256 << 10
        options.diskBytesMax = evicts ? 192 << 10 : 1 << 30
        options.logFileBytes = logFileBytes
        options.segmentBytes = segmentBytes
        options.entriesMax = 4096
        options.hotTier = hotTier
        return options
    }
}
