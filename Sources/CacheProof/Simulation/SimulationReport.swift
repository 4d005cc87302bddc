/// What a run came to.
package struct SimulationReport: Sendable, Hashable {
    package let seed: UInt64
    package let steps: Int
    /// Of every event in order: the same seed gives the same, on every machine.
    package let digest: UInt64
    package internal(set) var counts: SimulationCounts

    package init(seed: UInt64, steps: Int, digest: UInt64, counts: SimulationCounts) {
        self.seed = seed
        self.steps = steps
        self.digest = digest
        self.counts = counts
    }
}

/// How often a run did what, to see that it did anything.
package struct SimulationCounts: Sendable, Hashable {
    package internal(set) var writes = 0
    package internal(set) var reads = 0
    package internal(set) var commits = 0
    package internal(set) var coldReads = 0
    package internal(set) var flushes = 0
    package internal(set) var compactions = 0
    package internal(set) var kills = 0
    package internal(set) var powerLosses = 0
    package internal(set) var restarts = 0
    /// Power losses after which unsynced writes were gone.
    package internal(set) var lossyPowerLosses = 0
    package internal(set) var tornTails = 0
    package internal(set) var errors = 0
    package internal(set) var poisonings = 0
    package internal(set) var damages = 0

    package init() {}

    package static func + (left: Self, right: Self) -> Self {
        var sum = left
        sum.writes += right.writes
        sum.reads += right.reads
        sum.commits += right.commits
        sum.coldReads += right.coldReads
        sum.flushes += right.flushes
        sum.compactions += right.compactions
        sum.kills += right.kills
        sum.powerLosses += right.powerLosses
        sum.restarts += right.restarts
        sum.lossyPowerLosses += right.lossyPowerLosses
        sum.tornTails += right.tornTails
        sum.errors += right.errors
        sum.poisonings += right.poisonings
        sum.damages += right.damages
        return sum
    }
}

/// A promise that the store broke.
package struct SimulationFailure: Error, Sendable, Hashable, CustomStringConvertible {
    package let seed: UInt64
    package let step: Int
    package let message: String

    package init(seed: UInt64, step: Int, message: String) {
        self.seed = seed
        self.step = step
        self.message = message
    }

    package var description: String { "seed \(seed), step \(step): \(message)" }
}
