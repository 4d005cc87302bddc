import CacheBase
import CacheProof
import Foundation

/// A server that is killed and restarted, and clients on threads of their own that go on calling it.
///
/// Invariants: `program` is used by the test's thread alone; everything else that changes is under
/// `condition` or has its own lock.
final class ConsistencyRun: @unchecked Sendable {
    // Safe because: see the invariants.
    private static let clients = 5

    let calls = CallRecorder()
    private let condition = WaitCondition()
    private let folder: TemporaryFolder
    private let arguments: [String]
    private var program: Program
    private var port: Int?
    private var restarts = 0
    private var isStopping = false
    private var answered = 0
    private var records: [TransactionRecord] = []
    private var random: Xoshiro256
    private var threads: [BackgroundThread] = []

    init(seed: UInt64, arguments: [String]) throws {
        folder = try TemporaryFolder()
        self.arguments = ["serve", "--listen", "127.0.0.1:0"] + arguments
        program = try Program(self.arguments, in: folder)
        random = Xoshiro256(seed: seed)
        port = try program.dataPort()
        threads = (0..<Self.clients).map { number in
            let random = Xoshiro256(seed: seed &* 100 &+ UInt64(number))
            return BackgroundThread(name: "client \(number)") {
                var client = ConsistencyClient(number: number, random: random, run: self)
                client.work()
            }
        }
    }

    func draw(from low: Int, to high: Int) -> Int { low + random.below(high - low) }

    // MARK: The test's side

    /// Returns when so many more calls were answered.
    func waitForCalls(_ count: Int) {
        condition.withLock {
            let target = answered + count
            while answered < target { condition.wait() }
        }
    }

    func killAndRestart() throws {
        program.send(SIGKILL)
        _ = program.exitCode()
        condition.withLock { port = nil }
        program = try Program(arguments, in: folder)
        let next = try program.dataPort()
        condition.withLock {
            port = next
            restarts += 1
            condition.wakeAll()
        }
    }

    func stopClients() {
        condition.withLock {
            isStopping = true
            condition.wakeAll()
        }
        threads.forEach { $0.join() }
        threads = []
    }

    /// Every key once more, from a server that was killed before.
    func readEverything() throws {
        try killAndRestart()
        condition.withLock { isStopping = false }
        var client = ConsistencyClient(
            number: Self.clients, random: Xoshiro256(seed: 0), run: self)
        try client.readEverything()
    }

    var transactions: [TransactionRecord] { condition.withLock { records } }

    // MARK: The clients' side

    /// A connection to the server that runs now; nil where it is time to stop.
    /// - Parameter generation: of the last connection; where that broke, the next one is awaited.
    func connect(after generation: Int?) -> (client: HTTPClient, generation: Int)? {
        while true {
            let next = condition.withLock { () -> (port: Int, generation: Int)? in
                while !isStopping {
                    if let port, generation.map({ $0 < restarts }) ?? true {
                        return (port, restarts)
                    }
                    condition.wait()
                }
                return nil
            }
            guard let next else { return nil }
            if let client = try? HTTPClient(port: next.port) { return (client, next.generation) }
            // It was killed in between; wait for its successor.
            guard let later = connect(after: next.generation) else { return nil }
            return later
        }
    }

    var isOver: Bool { condition.withLock { isStopping } }

    func noteAnswer() {
        condition.withLock {
            answered += 1
            condition.wakeAll()
        }
    }

    func add(_ record: TransactionRecord) { condition.withLock { records.append(record) } }
}
