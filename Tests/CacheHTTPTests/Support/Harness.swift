import CacheBase
import CacheConfig
import CacheEngine
import CacheNode
import CacheSecurity
import NIOCore
import Synchronization

@testable import CacheHTTP

/// One connection without a channel: text in, answers out.
final class ConnectionHarness<Store: EntryStore> {
    let store: Store
    let loop: LoopContext
    let budget: BufferBudget
    private let state: UnsafeMutablePointer<Connection<Store>>

    init(
        store: Store, settings: DataPlaneSettings, authenticator: Authenticator? = nil,
        control: @escaping ControlSource = describeNode, cluster: ClusterSeam? = nil
    ) {
        self.store = store
        budget = BufferBudget(limit: settings.bufferBytesMax)
        let clock = store.clock
        loop = LoopContext(
            settings: settings, clock: clock, inputBudget: budget, answerBudget: budget,
            authenticator: authenticator, control: control, cluster: cluster)
        state = .allocate(capacity: 1)
        state.initialize(to: Connection(store: store, loop: loop))
    }

    deinit {
        state.deinitialize(count: 1)
        state.deallocate()
    }

    var isClosing: Bool { state.pointee.isClosing }
    var isFinished: Bool { state.pointee.isFinished }
    var isWaiting: Bool { state.pointee.isWaiting }
    var wantsInput: Bool { state.pointee.wantsInput }
    var hasWork: Bool { state.pointee.hasWork }
    var isHolding: Bool { state.pointee.answers.isHolding }

    /// The key that waits for the disk.
    var diskJob: String? {
        guard case .disk(let job) = state.pointee.waiting else { return nil }
        return String(decoding: job.key, as: UTF8.self)
    }

    /// Feeds bytes and takes what is ready.
    @discardableResult
    func send(_ text: String) -> String { send(Array(text.utf8)) }

    @discardableResult
    func send(_ bytes: [UInt8]) -> String {
        var buffer = ByteBuffer(bytes: bytes)
        state.pointee.receive(&buffer)
        var text = take()
        // What a thread would do with writes that ask for a version.
        while case .write(let job) = state.pointee.waiting {
            text += resume(job.perform(on: store))
        }
        while case .control(let endpoint) = state.pointee.waiting {
            text += resume(.described(loop.control(endpoint)))
        }
        return text
    }

    /// What is ready to be sent.
    func take() -> String {
        let text = String(buffer: state.pointee.answers.ready)
        state.pointee.answers.clearReady()
        return text
    }

    /// Takes answers and carries out what lies behind them, until nothing is left to do.
    func takeAll() -> String {
        var text = take()
        while state.pointee.hasWork {
            state.pointee.carryOutInput()
            text += take()
        }
        return text
    }

    /// What the connection waits for.
    var waiting: Connection<Store>.Waiting { state.pointee.waiting }

    func resume(_ resumption: Connection<Store>.Resumption) -> String {
        state.pointee.resume(resumption)
        return take()
    }

    /// Tells the connection that the log is durable up to `lsn`, as the handler does.
    func noteDurable(_ lsn: UInt64) -> String {
        state.pointee.answers.release(upTo: LSN(rawValue: lsn))
        if case .assured(let wanted, _) = state.pointee.waiting, wanted.rawValue <= lsn {
            state.pointee.resume(.again)
        }
        return take()
    }

    /// Tells the connection how far the store has come, as the handler does.
    func advance() -> String {
        if state.pointee.advanced(to: ReachedLSN(store)) { state.pointee.resume(.again) }
        return take()
    }

    func failDurability() -> String {
        state.pointee.durabilityFailed()
        return take()
    }

    /// Lets time pass and sweeps.
    func pass(milliseconds: UInt64) -> String {
        store.clock.advance(milliseconds: milliseconds)
        loop.tick()
        state.pointee.sweep()
        return take()
    }

    func recordTimes() { state.pointee.recordTimes() }
    func block(_ isBlocked: Bool) { state.pointee.isBlocked = isBlocked }
    func endInput() { state.pointee.inputEnded() }
    func tearDown() { state.pointee.tearDown() }
}

/// A node that is ready and says which endpoint was asked.
@Sendable
func describeNode(_ endpoint: ControlEndpoint) -> ControlAnswer {
    ControlAnswer(body: Array(#"{"endpoint":"\#(endpoint.rawValue)"}"#.utf8))
}

/// A connection over a store in memory whose answers are scripted.
typealias Harness = ConnectionHarness<MemoryStore>

extension ConnectionHarness where Store == MemoryStore {
    convenience init(
        always: Bool = false, settings: DataPlaneSettings = DataPlaneSettings(),
        configuration: Configuration? = nil, control: @escaping ControlSource = describeNode
    ) {
        let store = MemoryStore(always: always)
        let authenticator = configuration.flatMap { Authenticator($0, clock: store.clock) { _ in } }
        self.init(
            store: store, settings: settings, authenticator: authenticator, control: control)
    }

    /// Makes the log durable up to `lsn`.
    func makeDurable(_ lsn: UInt64) -> String {
        store.state.withLock { $0.durable = LSN(rawValue: lsn) }
        return noteDurable(lsn)
    }
}

/// A whole answer, taken apart.
struct Answer: Equatable {
    var status: Int
    var fields: [String: String]
    var body: String

    /// Splits a run of answers; nil where it is not one.
    static func all(_ text: String, headOnly: Bool = false) -> [Answer]? {
        var answers: [Answer] = []
        var rest = Substring(text)
        while !rest.isEmpty {
            guard let end = rest.firstRange(of: "\r\n\r\n") else { return nil }
            var lines = rest[..<end.lowerBound].split(separator: "\r\n")[...]
            guard let first = lines.popFirst(), let status = Int(first.dropFirst(9).prefix(3))
            else { return nil }
            var fields: [String: String] = [:]
            for line in lines {
                guard let colon = line.firstRange(of: ": ") else { return nil }
                fields[line[..<colon.lowerBound].lowercased()] = String(line[colon.upperBound...])
            }
            rest = rest[end.upperBound...]
            let bodiless = headOnly || status == 204 || status == 304 || status == 100
            let length = bodiless ? 0 : Int(fields["content-length"] ?? "") ?? -1
            guard length >= 0, rest.utf8.count >= length else { return nil }
            let cut = rest.utf8.index(rest.startIndex, offsetBy: length)
            answers.append(Answer(status: status, fields: fields, body: String(rest[..<cut])))
            rest = rest[cut...]
        }
        return answers
    }

    /// The only answer in `text`.
    static func one(_ text: String, headOnly: Bool = false) -> Answer? {
        guard let all = all(text, headOnly: headOnly), all.count == 1 else { return nil }
        return all[0]
    }
}

extension ConnectionHarness {
    /// Sends one request and takes its one answer.
    @discardableResult
    func ask(
        _ method: String, _ target: String, _ fields: [String] = [], body: String? = nil
    ) -> Answer? {
        var text = "\(method) \(target) HTTP/1.1\r\nHost: h\r\n"
        for field in fields { text += field + "\r\n" }
        if let body { text += "Content-Length: \(body.utf8.count)\r\n" }
        text += "\r\n" + (body ?? "")
        return Answer.one(send(text), headOnly: method == "HEAD")
    }
}

/// `bytes` as a raw buffer.
func withBytes<Result>(
    _ text: String, _ body: (UnsafeRawBufferPointer) throws -> Result
) rethrows -> Result {
    try Array(text.utf8).withUnsafeBytes { try body($0) }
}

/// A JSON string's content, escapes taken off.
func decoded(_ string: JSONString, _ text: UnsafeRawBufferPointer) -> String {
    guard string.hasEscapes else {
        return String(decoding: string.bytes(in: text), as: UTF8.self)
    }
    var space = [UInt8](repeating: 0, count: Int(string.extent.count))
    let count = space.withUnsafeMutableBytes { string.unescape(text, into: $0) }
    return String(decoding: space[..<count], as: UTF8.self)
}
