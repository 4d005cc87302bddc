import CacheEngine
import CacheProof
import Testing

@Suite("Simulation")
struct SimulationTests {
    /// Runs that once found a fault, and some that do much.
    @Test(arguments: RegressionSeeds.all)
    func aRunThatOnceFailedHolds(seed: UInt64) throws {
        _ = try Simulation.run(SimulationPlan(seed: seed))
    }

    @Test func aSeedGivesTheSameRunEachTime() throws {
        for seed: UInt64 in [3, 6, 9] {
            let plan = SimulationPlan(seed: seed, steps: 700)
            let first = try Simulation.run(plan)
            #expect(try Simulation.run(plan) == first)
            #expect(first.steps == 700 && first.counts.writes > 50)
        }
    }

    @Test func otherSeedsAreOtherRuns() throws {
        let digests = try (UInt64(20)..<26).map {
            try Simulation.run(SimulationPlan(seed: $0, steps: 100)).digest
        }
        #expect(Set(digests).count == digests.count)
    }

    @Test func aTraceTellsEveryEvent() throws {
        var lines: [String] = []
        let report = try Simulation.run(SimulationPlan(seed: 4, steps: 50)) { lines.append($0) }
        #expect(lines.count > 50 && lines[0].hasPrefix("1 "))
        #expect(try Simulation.run(SimulationPlan(seed: 4, steps: 50)) == report)
    }

    /// The runs together do everything that they are for.
    @Test func runsMeetEveryAdversity() throws {
        var counts = SimulationCounts()
        for seed: UInt64 in 1...16 {
            counts = counts + (try Simulation.run(SimulationPlan(seed: seed, steps: 800)).counts)
        }
        #expect(counts.coldReads > 0 && counts.compactions > 0 && counts.commits > 0)
        #expect(counts.kills > 0 && counts.lossyPowerLosses > 0 && counts.tornTails > 0)
        #expect(counts.errors > 0 && counts.damages > 0)
    }
}
