internal import Glibc
internal import Synchronization

/// Threads of the system, for what must run at once.
enum Threads {
    /// Runs `body` on a thread of its own that nobody waits for.
    static func start(_ body: @escaping @Sendable () -> Void) { _ = spawn(body) }

    /// Runs `body` with 0 to `count` - 1, each on a thread of its own.
    /// - Returns: what they returned, when all have ended.
    /// - Throws: what one of them threw.
    static func run<Result: Sendable>(
        _ count: Int, _ body: @escaping @Sendable (Int) throws -> Result
    ) throws -> [Result] {
        let results = Collected<Result>()
        let threads = (0..<count).map { number in
            spawn { results.add(number, Swift.Result { try body(number) }) }
        }
        threads.forEach { pthread_join($0, nil) }
        return try results.inOrder()
    }

    private final class Collected<Value: Sendable>: Sendable {
        private let values = Mutex<[Int: Swift.Result<Value, any Error>]>([:])

        func add(_ number: Int, _ value: Swift.Result<Value, any Error>) {
            values.withLock { $0[number] = value }
        }

        func inOrder() throws -> [Value] {
            try values.withLock { values in
                try values.sorted { $0.key < $1.key }.map { try $0.value.get() }
            }
        }
    }

    private final class Start: Sendable {
        let body: @Sendable () -> Void

        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }

    private static func spawn(_ body: @escaping @Sendable () -> Void) -> pthread_t {
        var thread = pthread_t()
        let start = Unmanaged.passRetained(Start(body)).toOpaque()
        let code = pthread_create(
            &thread, nil,
            { argument in
                Unmanaged<Start>.fromOpaque(argument!).takeRetainedValue().body()
                return nil
            }, start)
        precondition(code == 0, "no thread: \(code)")
        return thread
    }
}
