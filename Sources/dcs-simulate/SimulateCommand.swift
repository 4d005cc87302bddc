internal import ArgumentParser
internal import CacheEngine
internal import CacheProof

/// Simulated runs: of the storage engine, of a cluster, or of policies of eviction.
struct SimulateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dcs-simulate",
        abstract: "Run DCS on simulated machines that fail in every way.",
        discussion: """
            Each run follows from its seed alone. With --seed that run is made; else runs of fresh \
            seeds, until the time is up or the first one fails.
            """,
        subcommands: [
            EngineCommand.self, ClusterCommand.self, EvictionCommand.self, HistoryCommand.self,
        ],
        defaultSubcommand: EngineCommand.self)
}

/// Simulated runs of the storage engine.
struct EngineCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "engine",
        abstract: "Run the storage engine on a simulated machine that fails in every way.")

    @OptionGroup var runs: SimulationRuns

    @Option(help: "Steps of each run.")
    var steps = SimulationPlan.stepsDefault

    @Option(help: "Leave a safety step out: sync, checksum or bitmap-update. May be repeated.")
    var omit: [Omission] = []

    func validate() throws {
        if steps < 0 { throw ValidationError("steps are counted from 0") }
    }

    func run() throws {
        var total = SimulationCounts()
        let made = try runs.make { total = total + (try make($0)) }
        if made > 1 { print("\(made) runs held: \(Self.describe(total))") }
    }

    private func make(_ seed: UInt64) throws -> SimulationCounts {
        let omissions = omit.reduce(into: UnsafeOmissions()) { $0.insert($1.value) }
        let plan = SimulationPlan(seed: seed, steps: steps, omissions: omissions)
        do {
            let report = try Simulation.run(plan, print: runs.trace ? { print($0) } : nil)
            print(
                "\(report.steps) steps, digest \(String(report.digest, radix: 16)), "
                    + Self.describe(report.counts))
            return report.counts
        } catch let failure as SimulationFailure {
            print("\nFAILED at step \(failure.step): \(failure.message)")
            print("again: tools/simulate --seed \(seed) --steps \(steps) --trace" + omissionText)
            throw ExitCode.failure
        }
    }

    private var omissionText: String { omit.map { " --omit \($0.rawValue)" }.joined() }

    private static func describe(_ counts: SimulationCounts) -> String {
        "\(counts.writes) writes, \(counts.reads) reads, \(counts.commits) commits, \(counts.flushes) flushes, "
            + "\(counts.compactions) compactions, \(counts.kills) kills, "
            + "\(counts.powerLosses) power losses (\(counts.lossyPowerLosses) lossy), "
            + "\(counts.restarts) restarts, \(counts.tornTails) torn tails, "
            + "\(counts.errors) errors, \(counts.poisonings) failed syncs"
    }
}

/// What may be left out, by the names of the command line.
enum Omission: String, ExpressibleByArgument, CaseIterable {
    case sync
    case checksum
    case bitmapUpdate = "bitmap-update"
    case commitValidation = "commit-validation"

    var value: UnsafeOmissions {
        switch self {
        case .sync: .sync
        case .checksum: .checksum
        case .bitmapUpdate: .bitmapUpdate
        case .commitValidation: .commitValidation
        }
    }
}
