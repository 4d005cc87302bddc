internal import ArgumentParser
internal import CacheClient
internal import CacheConsole
internal import Dispatch
internal import Synchronization

/// A command that makes calls of a node: what is asked of it, between connecting and leaving.
protocol ClientCommand: ParsableCommand, Sendable {
    var connection: ConnectionOptions { get }
    /// The management port's address, for a command that takes it.
    var managementURL: String? { get }

    /// Does what the command is for.
    func run(on client: NodeClient) async throws
}

extension ClientCommand {
    var managementURL: String? { nil }

    func run() throws { try connectAndRun() }

    /// Connects, does what the command is for, and leaves.
    func connectAndRun() throws {
        let client = try connect()
        try Blocking.run {
            do {
                try await run(on: client)
            } catch {
                await client.shutdown()
                throw error
            }
            await client.shutdown()
        }
    }

    /// - Throws: `ClientError` where an option is not of its form.
    func connect() throws -> NodeClient {
        try NodeClient(connection.settings(managementURL: managementURL))
    }
}

extension Failure {
    /// What a client command met, for the person.
    init(_ error: ClientError) {
        self = error.kind == .usage ? .usage(error.message) : .refused(error.message)
    }

    /// The failure that an error is; nil where it is another program's business.
    init?(known error: any Error) {
        switch error {
        case let failure as Failure: self = failure
        case let error as ClientError: self.init(error)
        case let error as StreamError: self = .refused(error.message)
        default: return nil
        }
    }
}

/// Waits for what is asynchronous on a thread that has nothing else to do.
enum Blocking {
    private final class Box: Sendable {
        let result = Mutex<Result<Void, any Error>?>(nil)
    }

    static func run(_ body: @escaping @Sendable () async throws -> Void) throws {
        let box = Box()
        let done = DispatchSemaphore(value: 0)
        Task {
            let result: Result<Void, any Error>
            do {
                result = .success(try await body())
            } catch {
                result = .failure(error)
            }
            box.result.withLock { $0 = result }
            done.signal()
        }
        done.wait()
        try box.result.withLock { $0 }?.get()
    }
}
