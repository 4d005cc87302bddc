package import CacheEngine

/// Which run of a cluster to make.
package struct ClusterSimulationPlan: Sendable {
    package static let stepsDefault = 3000

    /// Everything follows from it: profile, operations, faults, the order of all messages.
    package var seed: UInt64
    package var steps = Self.stepsDefault
    /// What every node leaves out, to see that the simulation notices.
    package var omissions: UnsafeOmissions = []

    package init(seed: UInt64, steps: Int = Self.stepsDefault, omissions: UnsafeOmissions = []) {
        self.seed = seed
        self.steps = steps
        self.omissions = omissions
    }
}

/// What a run of a cluster came to.
package struct ClusterSimulationReport: Sendable, Hashable {
    package let seed: UInt64
    package let steps: Int
    /// Of every event in order: the same seed gives the same, on every machine.
    package let digest: UInt64
    package let counts: ClusterSimulationCounts
}

/// How often a run did what, to see that it did anything.
package struct ClusterSimulationCounts: Sendable, Hashable {
    package internal(set) var writes = 0
    package internal(set) var acknowledged = 0
    package internal(set) var unknown = 0
    package internal(set) var reads = 0
    package internal(set) var copyReads = 0
    package internal(set) var maps = 0
    package internal(set) var leaderships = 0
    package internal(set) var kills = 0
    package internal(set) var powerLosses = 0
    package internal(set) var losses = 0
    package internal(set) var pauses = 0
    package internal(set) var linksLost = 0
    package internal(set) var joins = 0
    package internal(set) var leaves = 0
    package internal(set) var flushes = 0
    package internal(set) var copiedPartitions: UInt64 = 0
    package internal(set) var setAsidePartitions: UInt64 = 0

    package init() {}

    package static func + (left: Self, right: Self) -> Self {
        var sum = left
        sum.writes += right.writes
        sum.acknowledged += right.acknowledged
        sum.unknown += right.unknown
        sum.reads += right.reads
        sum.copyReads += right.copyReads
        sum.maps += right.maps
        sum.leaderships += right.leaderships
        sum.kills += right.kills
        sum.powerLosses += right.powerLosses
        sum.losses += right.losses
        sum.pauses += right.pauses
        sum.linksLost += right.linksLost
        sum.joins += right.joins
        sum.leaves += right.leaves
        sum.flushes += right.flushes
        sum.copiedPartitions += right.copiedPartitions
        sum.setAsidePartitions += right.setAsidePartitions
        return sum
    }
}
