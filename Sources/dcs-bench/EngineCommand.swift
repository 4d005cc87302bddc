internal import ArgumentParser
internal import CacheBase

/// `dcs-bench engine`: the storage engine in this process, without a network.
struct EngineCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "engine",
        abstract: "Measure the storage engine against RocksDB and Redis.",
        discussion: "Exit codes: 0 all was measured, 1 something could not be, 2 usage.")

    @Option(help: "Measure only this; may be given several times (see --list).")
    var only: [String] = []

    @Flag(help: "Print the names of the benchmarks and end.")
    var list = false

    @Option(help: "Where the files of the run go, on the disk to be measured.")
    var folder = "."

    @Flag(help: "A tenth of all sizes and durations: a look, not a result.")
    var quick = false

    @Option(help: "Rounds of each measurement; the median counts.")
    var rounds = 5

    @Flag(inversion: .prefixedNo, help: "Measure RocksDB and Redis in the same run.")
    var peers = true

    @Option(help: "Append the results to this file, as a section of docs/BENCHMARKS.md.")
    var markdown: String?

    @Option(help: "Write what was measured to this file as JSON; tools/bench reads it.")
    var json: String?

    func validate() throws {
        let known = EngineBenchmarks.all.map { $0.name }
        let names = known.joined(separator: ", ")
        for name in only where !known.contains(name) {
            throw ValidationError("there is no benchmark \(name), but \(names)")
        }
        guard rounds > 0 else { throw ValidationError("--rounds is at least 1") }
    }

    func run() throws {
        if list {
            let width = EngineBenchmarks.all.map { $0.name.count }.max() ?? 0
            for benchmark in EngineBenchmarks.all {
                let padding = String(repeating: " ", count: width - benchmark.name.count)
                print(benchmark.name + padding + "  " + benchmark.summary)
            }
            return
        }
        let report = try measure()
        print(report.text)
        if let markdown { try TextFile.append(report.markdown, to: markdown) }
        if let json { try TextFile.append(report.json, to: json) }
        if !report.failures.isEmpty { throw ExitCode(1) }
    }

    private func measure() throws -> Report {
        let processes = ProcessRegistry()
        let folder = try TemporaryFolder(in: folder)
        Interruption.install {
            processes.killAll()
            folder.remove()
        }
        defer {
            processes.killAll()
            folder.remove()
        }
        let extent = Workbench.Extent(
            rounds: rounds, divisor: quick ? 10 : 1, measuresPeers: peers)
        let workbench = Workbench(extent, folder: folder, processes: processes)
        var report = Report(
            command: commandLine, machine: .current(), loadAtStart: Machine.loadAverage())
        for benchmark in EngineBenchmarks.all where only.isEmpty || only.contains(benchmark.name) {
            run(benchmark, workbench, &report)
        }
        report.loadAtEnd = Machine.loadAverage()
        report.peers = peers ? PeerVersions.read(workbench) : []
        report.commands = workbench.commands.all
        return report
    }

    /// A benchmark that fails does not keep the others from being run.
    private func run(
        _ benchmark: any Benchmark.Type, _ workbench: Workbench, _ report: inout Report
    ) {
        StandardError.write(benchmark.name + "\n")
        do {
            report.add(try benchmark.init().run(workbench))
        } catch {
            StandardError.write("  failed: \(error)\n")
            report.failures.append("\(benchmark.name): \(error)")
        }
    }

    private var commandLine: String {
        (["dcs-bench engine"] + only.map { "--only \($0)" } + (quick ? ["--quick"] : [])
            + ["--rounds \(rounds)"] + (peers ? [] : ["--no-peers"])).joined(separator: " ")
    }
}
