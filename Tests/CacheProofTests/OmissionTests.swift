import CacheEngine
import CacheProof
import Testing

/// The proof can fail: an engine that leaves a step of its safety out is found out, within a few
/// runs.
@Suite("Omissions")
struct OmissionTests {
    private static let seedsMax: UInt64 = 12

    @Test(arguments: [UnsafeOmissions.sync, .checksum, .bitmapUpdate, .commitValidation])
    func anEngineThatOmitsAStepIsFoundOut(omission: UnsafeOmissions) throws {
        for seed in 1...Self.seedsMax {
            do {
                _ = try Simulation.run(SimulationPlan(seed: seed, omissions: omission))
            } catch let failure as SimulationFailure {
                print("found after \(seed) runs: \(failure)")
                return
            }
        }
        Issue.record("\(Self.seedsMax) runs noticed nothing")
    }

    /// The same runs hold where nothing is left out.
    @Test func anEngineThatOmitsNothingIsNot() throws {
        for seed in 1...Self.seedsMax {
            _ = try Simulation.run(SimulationPlan(seed: seed, steps: 500))
        }
    }
}
