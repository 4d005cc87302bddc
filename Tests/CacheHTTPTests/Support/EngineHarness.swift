import CacheBase
import CacheEngine
import CacheFiles
import CacheNode

@testable import CacheHTTP

/// A connection over an engine on a simulated disk, whose waits are served as they come.
typealias EngineHarness = ConnectionHarness<Engine>

extension ConnectionHarness where Store == Engine {
    static func make(
        disk: SimulatedFileSystem = SimulatedFileSystem(seed: 1), sync: SyncMode = .never,
        settings: DataPlaneSettings = DataPlaneSettings(),
        _ change: (inout EngineOptions) -> Void = { _ in }
    ) throws -> EngineHarness {
        var options = EngineOptions(directory: "data")
        options.backgroundWork = false
        options.identitySeed = 1
        options.memoryBytesMax = Limits.memoryBytesMin
        options.diskBytesMax = Limits.diskBytesMin
        options.logFileBytes = 64 << 10
        options.segmentBytes = 32 << 10
        options.sync = sync
        change(&options)
        let clock = Clock.manual(start: Timestamp(rawValue: 1_800_000_000_000))
        return EngineHarness(
            store: try Engine.open(options, files: disk, clock: clock), settings: settings)
    }

    /// Another connection to the same engine.
    func another() -> EngineHarness { EngineHarness(store: store, settings: loop.settings) }

    /// Sends a request and serves what it waits for.
    func call(
        _ method: String, _ target: String, _ fields: [String] = [], body: String? = nil
    ) throws -> Answer? {
        var text = "\(method) \(target) HTTP/1.1\r\nHost: h\r\n"
        for field in fields { text += field + "\r\n" }
        if let body { text += "Content-Length: \(body.utf8.count)\r\n" }
        var answer = send(text + "\r\n" + (body ?? ""))
        while isWaiting || isHolding { answer += try serveWait() }
        return Answer.one(answer, headOnly: method == "HEAD")
    }

    /// Serves one wait, as disk and sync threads do.
    func serveWait() throws -> String {
        switch waiting {
        case .transaction(let job): return resume(job.perform(on: store, ReadScratch()))
        case .write(let job): return resume(job.perform(on: store))
        case .control(let endpoint): return resume(.described(loop.control(endpoint)))
        case .assured, .nothing:
            try store.waitUntilDurable(store.lastLSN)
            return noteDurable(store.durableLSN.rawValue)
        case .search: return resume(.expired)
        case .events: return resume(.events(EventPage(end: .draining)))
        case .disk, .seen, .keys: return resume(.expired)
        case .forward, .part, .commit, .outcome: return resume(.forwarded(.notSent))
        case .forwardAll(let jobs): return resume(.forwardedAll(jobs.map { _ in .notSent }))
        }
    }

    /// Starts a transaction.
    func begin() throws -> String {
        let answer = try call("POST", "/transaction/start", body: "")
        let text = answer?.body ?? ""
        let start = #"{"transaction_id":""#.utf8.count
        return String(text.dropFirst(start).dropLast(2))
    }

    func commit(_ id: String) throws -> Answer? {
        try call("POST", "/transaction/commit", body: #"{"transaction_id":"\#(id)"}"#)
    }

    func state(_ id: String) throws -> String? {
        let answer = try call("GET", "/transaction/\(id)")
        guard answer?.status == 200 else { return nil }
        return answer?.body.split(separator: "\"").dropLast().last.map(String.init)
    }
}
