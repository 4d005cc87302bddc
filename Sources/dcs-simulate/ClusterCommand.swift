internal import ArgumentParser
internal import CacheClusterProof
internal import CacheEngine
internal import CacheProof
internal import Glibc

/// Simulated runs of a whole cluster.
struct ClusterCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cluster",
        abstract: "Run a cluster of nodes in which everything fails but the store of its map.",
        discussion: """
            Nodes die, stand still, come, go and lose power; links are slow and break; maps come \
            late. Whatever a client was told is kept must be there.
            """)

    @OptionGroup var runs: SimulationRuns

    @Option(help: "Steps of each run.")
    var steps = ClusterSimulationPlan.stepsDefault

    @Option(help: "Leave a safety step out: fencing, deduplication or copies. May be repeated.")
    var omit: [ClusterOmission] = []

    func run() throws {
        var total = ClusterSimulationCounts()
        let made = try runs.make { total = total + (try make($0)) }
        if made > 1 { print("\(made) runs held: \(Self.describe(total))") }
    }

    private func make(_ seed: UInt64) throws -> ClusterSimulationCounts {
        let omissions = omit.reduce(into: UnsafeOmissions()) { $0.insert($1.value) }
        let plan = ClusterSimulationPlan(seed: seed, steps: steps, omissions: omissions)
        do {
            let report = try ClusterSimulation.run(plan, print: runs.trace ? { print($0) } : nil)
            print(
                "\(report.steps) steps, digest \(String(report.digest, radix: 16)), "
                    + Self.describe(report.counts))
            return report.counts
        } catch let failure as SimulationFailure {
            print("\nFAILED at step \(failure.step): \(failure.message)")
            print("again: tools/simulate cluster --seed \(seed) --steps \(steps) --trace" + left)
            throw ExitCode.failure
        }
    }

    private var left: String { omit.map { " --omit \($0.rawValue)" }.joined() }

    private static func describe(_ counts: ClusterSimulationCounts) -> String {
        "\(counts.writes) writes (\(counts.acknowledged) acknowledged, \(counts.unknown) unknown), "
            + "\(counts.reads) reads, \(counts.copyReads) of copies, \(counts.maps) maps, \(counts.leaderships) leaderships, "
            + "\(counts.kills) kills, \(counts.powerLosses) power losses, \(counts.losses) lost, "
            + "\(counts.pauses) pauses, \(counts.linksLost) links lost, "
            + "\(counts.copiedPartitions) copies, \(counts.setAsidePartitions) set aside"
    }
}

/// What may be left out of every node, by the names of the command line.
enum ClusterOmission: String, ExpressibleByArgument, CaseIterable {
    case fencing, deduplication, copies

    var value: UnsafeOmissions {
        switch self {
        case .fencing: .fencing
        case .deduplication: .deduplication
        case .copies: .copies
        }
    }
}
