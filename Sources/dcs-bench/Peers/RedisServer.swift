internal import Glibc

/// A Redis server on a free port of this machine, with a folder of its own.
///
/// It is stopped by `kill`; its data is what `save` wrote.
final class RedisServer {
    private static let program = "redis-server"
    private static let pollMicroseconds: UInt32 = 1000
    private static let pollsMax = 300_000
    private static let chunkCommands = 4096

    private let workbench: Workbench
    private let folder: String
    let port: UInt16
    private let syncsAlways: Bool
    private var child: ChildProcess?

    /// - Parameter syncsAlways: logs every write and syncs it before the answer.
    init(_ workbench: Workbench, syncsAlways: Bool = false) throws {
        try Program.require(Self.program, package: "redis-server")
        self.workbench = workbench
        self.syncsAlways = syncsAlways
        folder = workbench.folder.freshPath("redis")
        mkdir(folder, 0o755)
        port = try Loopback.freePort()
    }

    /// Starts it and waits until it has loaded what it saved.
    /// - Returns: seconds until it answered a PING.
    func start() throws -> Double {
        let watch = Stopwatch()
        child = try workbench.start([
            Self.program, "--port", "\(port)", "--bind", "127.0.0.1", "--dir", folder,
            "--save", "", "--appendonly", syncsAlways ? "yes" : "no", "--appendfsync", "always",
            "--daemonize", "no",
        ])
        for _ in 0..<Self.pollsMax {
            if let connection = try? RedisConnection(port: port),
                try connection.command("PING") == "+PONG"
            {
                return watch.seconds
            }
            usleep(Self.pollMicroseconds)
        }
        throw BenchmarkError("redis-server does not answer")
    }

    /// Writes all entries of a workload.
    func fill(_ workload: Workload) throws {
        let connection = try RedisConnection(port: port)
        let noReplies = ["CLIENT", "REPLY", "OFF"].map { Array($0.utf8) }
        try connection.send(RedisConnection.encoded(noReplies))
        let beforeKey = Array("*3\r\n$3\r\nSET\r\n$\(Workload.keyBytes)\r\n".utf8)
        let beforeValue = Array("\r\n$\(workload.valueBytes)\r\n".utf8)
        var key = [UInt8](repeating: 0, count: Workload.keyBytes)
        var chunk: [UInt8] = []
        for number in 0..<workload.keyCount {
            key.withUnsafeMutableBytes { workload.writeKey(number, to: $0) }
            chunk += beforeKey
            chunk += key
            chunk += beforeValue
            workload.withValue(number) { chunk += $0 }
            chunk += [13, 10]
            if number % Self.chunkCommands == 0 {
                try connection.send(chunk)
                chunk.removeAll(keepingCapacity: true)
            }
        }
        try connection.send(chunk)
        guard try connection.command("CLIENT", "REPLY", "ON") == "+OK" else {
            throw BenchmarkError("redis-server refused the entries")
        }
    }

    func requireKeys(_ count: Int) throws {
        let answer = try RedisConnection(port: port).command("DBSIZE")
        guard answer == ":\(count)" else { throw BenchmarkError("redis-server holds \(answer)") }
    }

    /// Writes an RDB file.
    func save() throws {
        guard try RedisConnection(port: port).command("SAVE") == "+OK" else {
            throw BenchmarkError("redis-server did not save")
        }
    }

    /// Ends it without warning.
    func kill() {
        child?.kill()
        child?.wait()
        child = nil
    }

    func remove() { FileTree.remove(folder) }
}
