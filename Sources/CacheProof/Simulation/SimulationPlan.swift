package import CacheEngine

/// Which run to make.
package struct SimulationPlan: Sendable {
    package static let stepsDefault = 2000

    /// Everything follows from it: profile, operations, faults, what a crash leaves.
    package var seed: UInt64
    package var steps = Self.stepsDefault
    /// What the engine leaves out, to see that the simulation notices.
    package var omissions: UnsafeOmissions = []

    package init(seed: UInt64, steps: Int = Self.stepsDefault, omissions: UnsafeOmissions = []) {
        self.seed = seed
        self.steps = steps
        self.omissions = omissions
    }
}
