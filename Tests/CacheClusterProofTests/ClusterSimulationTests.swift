import CacheClusterProof
import CacheEngine
import CacheProof
import Testing

@Suite("Cluster simulation")
struct ClusterSimulationTests {
    /// Runs that once found a fault, and some that do much.
    @Test(arguments: ClusterRegressionSeeds.all)
    func aRunThatOnceFailedHolds(seed: UInt64) throws {
        _ = try ClusterSimulation.run(ClusterSimulationPlan(seed: seed))
    }

    @Test func aSeedGivesTheSameRunEachTime() throws {
        for seed: UInt64 in [3, 5] {
            let plan = ClusterSimulationPlan(seed: seed, steps: 1500)
            let first = try ClusterSimulation.run(plan)
            #expect(try ClusterSimulation.run(plan) == first)
            #expect(first.steps == 1500 && first.counts.writes > 20)
        }
    }

    @Test func aTraceTellsEveryEvent() throws {
        var lines: [String] = []
        let plan = ClusterSimulationPlan(seed: 4, steps: 200)
        let report = try ClusterSimulation.run(plan) { lines.append($0) }
        #expect(lines.count > 50 && lines[0].hasPrefix("1 start"))
        #expect(try ClusterSimulation.run(plan) == report)
    }

    /// The runs together do everything that they are for.
    @Test func runsMeetEveryAdversity() throws {
        var counts = ClusterSimulationCounts()
        for seed: UInt64 in 1...8 {
            counts = counts + (try ClusterSimulation.run(ClusterSimulationPlan(seed: seed)).counts)
        }
        #expect(counts.acknowledged > 300 && counts.unknown > 0 && counts.reads > 0)
        #expect(counts.copyReads > 0)
        #expect(counts.maps > 50 && counts.leaderships > 50 && counts.losses > 0)
        #expect(counts.kills > 0 && counts.powerLosses > 0 && counts.pauses > 0)
        #expect(counts.linksLost > 0 && counts.joins > 0 && counts.leaves > 0)
        #expect(counts.flushes > 0 && counts.copiedPartitions > 0)
        #expect(counts.setAsidePartitions > 0)
    }
}

/// The proof can fail: a cluster whose nodes leave a step out is found out, within some runs.
@Suite("Cluster omissions")
struct ClusterOmissionTests {
    private static let seedsMax: UInt64 = 60

    @Test(arguments: [UnsafeOmissions.fencing, .deduplication, .copies])
    func aClusterThatOmitsAStepIsFoundOut(omission: UnsafeOmissions) throws {
        for seed in 1...Self.seedsMax {
            do {
                _ = try ClusterSimulation.run(
                    ClusterSimulationPlan(seed: seed, omissions: omission))
            } catch let failure as SimulationFailure {
                print("found after \(seed) runs: \(failure)")
                return
            }
        }
        Issue.record("\(Self.seedsMax) runs noticed nothing")
    }
}
