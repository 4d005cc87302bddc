import Foundation

/// A node, and the client commands that reach it.
struct ClientRig {
    /// What a command came to.
    struct Outcome {
        let code: Int32
        let bytes: Data
        let errors: [String]

        var output: String { String(decoding: bytes, as: UTF8.self) }
        var lines: [String] { output.split(separator: "\n").map(String.init) }
    }

    let folder: TemporaryFolder
    let server: Program
    let url: String
    let managementURL: String

    /// Starts a node with its store in the folder `data` of `folder`.
    init(
        _ arguments: [String] = [], in folder: TemporaryFolder, data: String = "data",
        scheme: String = "http", environment: [String: String] = [:]
    ) throws {
        self.folder = folder
        server = try Program(
            ["serve", "--listen", "127.0.0.1:0", "--data-dir", data] + arguments, in: folder,
            environment: environment)
        url = "\(scheme)://127.0.0.1:\(try server.dataPort())"
        managementURL = "\(scheme)://127.0.0.1:\(try server.managementPort())"
    }

    /// Runs a command against the node.
    /// - Parameter input: sent through a pipe, so at most what a pipe holds.
    func run(
        _ arguments: [String], input: String? = nil, environment: [String: String] = [:]
    ) throws -> Outcome {
        let variables = ["DCS_URL": url, "DCS_MANAGEMENT_URL": managementURL]
        return try Self.run(
            arguments, in: folder, input: input,
            environment: variables.merging(environment) { $1 })
    }

    /// Runs a command without saying where a node is.
    static func run(
        _ arguments: [String], in folder: TemporaryFolder, input: String? = nil,
        environment: [String: String] = [:]
    ) throws -> Outcome {
        var handle = FileHandle.nullDevice
        if let input {
            let pipe = Pipe()
            try pipe.fileHandleForWriting.write(contentsOf: Data(input.utf8))
            try pipe.fileHandleForWriting.close()
            handle = pipe.fileHandleForReading
        }
        let program = try Program(
            arguments, in: folder, environment: environment, input: handle)
        let code = program.exitCode()
        return Outcome(code: code, bytes: program.standardOutputBytes(), errors: program.log)
    }
}
