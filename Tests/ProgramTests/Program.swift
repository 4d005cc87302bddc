import Foundation

/// The real program as a process of its own. Killed when the test lets go of it.
final class Program {
    private let process = Process()
    private let output: FileHandle
    private let errors: FileHandle
    /// Lines of standard error that have been read.
    private(set) var log: [String] = []
    private var unfinishedLine = ""

    /// The program beside the tests' own executable.
    private static func url(_ name: String) -> URL {
        URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
            .deletingLastPathComponent().appendingPathComponent(name)
    }

    /// Starts `dcs`, or the program named, with nothing of this process's `DCS_` variables, and
    /// the management port free where nothing else is said.
    /// - Parameter input: what it reads as standard input.
    /// - Parameter terminal: standard input and output in place of `input` and a pipe.
    init(
        _ arguments: [String], of name: String = "dcs", in folder: TemporaryFolder,
        environment: [String: String] = [:], input: FileHandle = .nullDevice,
        terminal: FileHandle? = nil
    ) throws {
        process.executableURL = Self.url(name)
        process.arguments = arguments
        process.currentDirectoryURL = URL(fileURLWithPath: folder.path)
        let inherited = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("DCS_") }
        process.environment = inherited.merging(["DCS_METRICS_PORT": "0"]) { $1 }
            .merging(environment) { $1 }
        process.standardInput = terminal ?? input
        let (output, outputEnd) = try Self.makePipe()
        let (errors, errorsEnd) = try Self.makePipe()
        self.output = output
        self.errors = errors
        process.standardOutput = terminal ?? outputEnd
        process.standardError = errorsEnd
        try process.run()
        try outputEnd.close()
        try errorsEnd.close()
    }

    /// A pipe whose ends no other program inherits: its end is then the end of this one.
    private static func makePipe() throws -> (reading: FileHandle, writing: FileHandle) {
        let pipe = Pipe()
        for end in [pipe.fileHandleForReading, pipe.fileHandleForWriting] {
            guard fcntl(end.fileDescriptor, F_SETFD, FD_CLOEXEC) == 0 else {
                throw CocoaError(.fileReadUnknown)
            }
        }
        return (pipe.fileHandleForReading, pipe.fileHandleForWriting)
    }

    deinit {
        if process.isRunning {
            kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
        }
    }

    var pid: Int32 { process.processIdentifier }

    func send(_ signal: Int32) { kill(process.processIdentifier, signal) }

    /// Reads the log until a line contains `text`.
    /// - Returns: the line; nil where the program ended without it.
    func line(containing text: String) -> String? {
        if let line = log.first(where: { $0.contains(text) }) { return line }
        while true {
            let bytes = errors.availableData
            guard !bytes.isEmpty else { return nil }
            var lines = (unfinishedLine + String(decoding: bytes, as: UTF8.self))
                .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
            unfinishedLine = lines.removeLast()
            log += lines
            if let line = lines.first(where: { $0.contains(text) }) { return line }
        }
    }

    /// Waits for the end; the rest of standard error is in `log` then.
    /// - Returns: the exit code, or the number of the signal that ended it, negated.
    func exitCode() -> Int32 {
        _ = line(containing: "\u{0}")
        process.waitUntilExit()
        let status = process.terminationStatus
        return process.terminationReason == .exit ? status : -status
    }

    /// All of standard output, once the program has ended.
    func standardOutput() -> String { String(decoding: standardOutputBytes(), as: UTF8.self) }

    /// As above, whatever bytes they are.
    func standardOutputBytes() -> Data { output.readDataToEndOfFile() }

    /// Waits until the node is ready, and returns its data port.
    func dataPort() throws -> Int { try port("data=") }

    /// Waits until the node is ready, and returns its management port.
    func managementPort() throws -> Int { try port("management=") }

    private func port(_ name: String) throws -> Int {
        guard let line = line(containing: "message=ready"),
            let field = line.split(separator: " ").first(where: { $0.hasPrefix(name) }),
            let port = Int(field.dropFirst(name.count))
        else { throw NotReady(log: log) }
        return port
    }

    struct NotReady: Error {
        let log: [String]
    }
}
