internal import CacheBase
internal import CacheEngine
internal import CacheFiles
internal import Glibc

/// What a benchmark works with: sizes, a folder, processes, and a place for what it has to say.
final class Workbench: Sendable {
    /// How much is measured.
    struct Extent: Sendable {
        /// Rounds whose median is reported; ours and the peer's take turns.
        var rounds = 3
        /// Sizes and durations are divided by it.
        var divisor = 1
        var measuresPeers = true
    }

    let extent: Extent
    let folder: TemporaryFolder
    let commands: CommandLog
    private let processes: ProcessRegistry

    init(_ extent: Extent, folder: TemporaryFolder, processes: ProcessRegistry) {
        self.extent = extent
        self.folder = folder
        self.processes = processes
        commands = CommandLog(hiding: folder.path)
    }

    var rounds: Int { extent.rounds }

    /// A count of the full run, as large as this run has it.
    func scaled(_ count: Int) -> Int { max(1, count / extent.divisor) }

    /// A duration of the full run in seconds, as long as this run has it.
    func scaled(seconds: Double) -> Double { max(1, seconds / Double(extent.divisor)) }

    /// Says on standard error what is being done.
    func progress(_ text: String) { StandardError.write("  " + text + "\n") }

    /// Options of an engine in a new folder, all else by default.
    func options(_ name: String) -> EngineOptions {
        EngineOptions(directory: folder.freshPath(name))
    }

    /// Runs `body` with an engine that is closed, and its folder removed, afterwards.
    func withEngine<Result>(
        _ options: EngineOptions, clock: Clock = .system(), _ body: (Engine) throws -> Result
    ) throws -> Result {
        defer { FileTree.remove(options.directory) }
        let engine = try Engine.open(options, files: RealFileSystem(), clock: clock)
        defer { engine.close() }
        return try body(engine)
    }

    // MARK: Processes

    /// Starts a peer and notes its command line.
    func start(_ arguments: [String]) throws -> ChildProcess {
        commands.add(arguments)
        return try ChildProcess(arguments, in: processes)
    }

    /// Runs a peer to its end, notes its command line, and returns the lines of its output.
    func output(of arguments: [String]) throws -> [String] {
        commands.add(arguments)
        return try unnotedOutput(of: arguments)
    }

    /// As `output`, for what a report need not show.
    func unnotedOutput(of arguments: [String]) throws -> [String] {
        let child = try ChildProcess(arguments, in: processes)
        child.closeInput()
        let text = String(decoding: child.readAll(), as: UTF8.self)
        let code = child.wait()
        guard code == 0 else { throw BenchmarkError("\(arguments[0]) ended with \(code)") }
        return text.split(separator: "\n").map(String.init)
    }

    /// Starts this program once more, as `dcs-bench child …`.
    func startOwn(_ arguments: [String]) throws -> ChildProcess {
        let errors = folder.path + "/child-errors"
        return try ChildProcess(
            [ChildProcess.ownPath(), "child"] + arguments, in: processes, errors: errors)
    }

    /// What our own children said on standard error, for an error's text.
    var childErrors: String {
        TextFile.lines(folder.path + "/child-errors").joined(separator: "; ")
    }
}

/// Where progress and complaints go; results alone are on standard output.
enum StandardError {
    static func write(_ text: String) {
        try? TextFile.writeAll(Array(text.utf8), to: STDERR_FILENO)
    }
}
