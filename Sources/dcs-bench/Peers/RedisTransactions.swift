/// Transactions of two SETs on a Redis server that syncs before it answers, by connections that
/// have one outstanding each.
final class RedisTransactions {
    /// What the server says to MULTI, SET, SET, EXEC.
    private static let reply = Array(
        "+OK\r\n+QUEUED\r\n+QUEUED\r\n*2\r\n+OK\r\n+OK\r\n".utf8)
    private static let loops = 2

    private let server: RedisServer
    private let workload: Workload
    private let connections: Int

    /// Starts a server and fills it.
    init(_ workbench: Workbench, _ workload: Workload, connections: Int) throws {
        self.workload = workload
        self.connections = connections
        server = try RedisServer(workbench, syncsAlways: true)
        _ = try server.start()
        try server.fill(workload)
    }

    /// Runs transactions for so long.
    /// - Returns: answered ones.
    func run(seconds: Double) throws -> Int {
        let end = Stopwatch.now() + UInt64(seconds * 1e9)
        let (port, workload) = (server.port, workload)
        let share = connections / Self.loops
        return try Threads.run(Self.loops) { number in
            let own = try (0..<share).map { _ in try RedisConnection(port: port) }
            var random = Random(seed: UInt64(number) ^ end)
            for connection in own { try connection.send(Self.transaction(workload, &random)) }
            var answered = 0
            while Stopwatch.now() < end {
                for connection in own {
                    try connection.expect(Self.reply)
                    answered += 1
                    try connection.send(Self.transaction(workload, &random))
                }
            }
            for connection in own { try connection.expect(Self.reply) }
            return answered + own.count
        }.reduce(0, +)
    }

    private static func transaction(_ workload: Workload, _ random: inout Random) -> [UInt8] {
        var bytes = RedisConnection.encoded([Array("MULTI".utf8)])
        for _ in 0..<2 {
            let number = random.next(below: workload.keyCount)
            var key = [UInt8](repeating: 0, count: Workload.keyBytes)
            key.withUnsafeMutableBytes { workload.writeKey(number, to: $0) }
            let value = workload.withValue(number) { Array($0) }
            bytes += RedisConnection.encoded([Array("SET".utf8), key, value])
        }
        return bytes + RedisConnection.encoded([Array("EXEC".utf8)])
    }

    func remove() {
        server.kill()
        server.remove()
    }
}
