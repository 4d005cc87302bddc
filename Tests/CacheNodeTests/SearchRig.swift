import CacheBase
import CacheEngine
import CacheFiles
import Foundation
import Testing

@testable import CacheNode

/// A store on a simulated disk with search over it, and what should be found.
final class SearchRig {
    let disk = SimulatedFileSystem(seed: 1)
    let clock = Clock.manual(start: Timestamp(rawValue: 1_800_000_000_000))
    private(set) var engine: Engine
    private(set) var search: SearchService
    private(set) var events: [SearchEvent] = []
    var language = "english"

    init(_ sync: SyncMode = .never) throws {
        engine = try Self.open(disk, clock, sync)
        search = try SearchService(engine, files: disk)
    }

    deinit { close() }

    private func close() {
        search.stop()
        engine.close()
    }

    private static func open(
        _ disk: SimulatedFileSystem, _ clock: Clock, _ sync: SyncMode = .never
    ) throws -> Engine {
        var options = EngineOptions(directory: "data")
        options.backgroundWork = false
        options.memoryBytesMax = Limits.memoryBytesMin
        options.diskBytesMax = Limits.diskBytesMin
        options.logFileBytes = 64 << 10
        options.segmentBytes = 32 << 10
        options.sync = sync
        return try Engine.open(options, files: disk, clock: clock)
    }

    /// Closes the store, changes its files, and opens it again.
    func restart(_ change: (SimulatedFileSystem) throws -> Void = { _ in }) throws {
        close()
        try change(disk)
        engine = try Self.open(disk, clock)
        let events = EventBox()
        search = try SearchService(engine, files: disk, language: language) { events.add($0) }
        try catchUp()
        // Told right after the last index is shown.
        try wait { events.all.contains { if case .complete = $0 { true } else { false } } }
        self.events = events.all
    }

    func put(_ key: String, _ value: some Sequence<UInt8>, seconds: UInt64? = nil) throws {
        let expiry = seconds.map { Expiry(rawValue: clock.now().rawValue + $0 * 1000) } ?? .never
        try withKey(key) { view in
            try Array(value).withUnsafeBytes { value in
                _ = try engine.put(
                    view, value: value, contentType: UnsafeRawBufferPointer(start: nil, count: 0),
                    expiry: expiry, condition: .none)
            }
        }
    }

    func remove(_ key: String) throws {
        try withKey(key) { _ = try engine.remove($0, condition: .none) }
    }

    private func withKey(_ key: String, _ body: (KeyView) throws -> Void) throws {
        try Array(key.utf8).withUnsafeBytes { try body(engine.key($0)) }
    }

    /// Waits until everything that is written is indexed.
    func catchUp() throws {
        // In some modes nothing is seen before it is durable.
        try engine.waitUntilDurable(engine.lastLSN)
        try settle()
    }

    /// As above, in a mode where what is not durable is seen.
    func settle() throws { try wait { try search.isUpToDate() } }

    /// Loses what was not durable, and starts again.
    func loseThePower(seed: UInt64) throws {
        search.stop()
        disk.crash(.power(seed: seed))
        engine = try Self.open(disk, clock)
        search = try SearchService(engine, files: disk)
        try catchUp()
    }

    private func wait(_ condition: () throws -> Bool) throws {
        let end = ContinuousClock.now + .seconds(60)
        while try !condition() {
            try #require(ContinuousClock.now < end, "the index does not catch up")
            usleep(2_000)
        }
    }

    struct Answer: Decodable {
        struct Hit: Decodable {
            var key: String
            var score: Double
            var snippet: String?
        }

        var total: Int
        var partial: Bool
        var hits: [Hit]
    }

    func find(
        _ query: String, limit: Int = 1000, offset: Int = 0, highlight: Bool = false,
        mayRead: (@Sendable (UnsafeRawBufferPointer) -> Bool)? = nil
    ) throws -> Answer {
        let answer = search.search(
            SearchRequest(
                query: query, limit: limit, offset: offset, highlight: highlight, mayRead: mayRead))
        try #require(answer.status == 200, "\(String(decoding: answer.body, as: UTF8.self))")
        return try JSONDecoder().decode(Answer.self, from: Data(answer.body))
    }
}

final class EventBox: @unchecked Sendable {
    // Safe because: `lock` guards the array.
    private let lock = NSLock()
    private var events: [SearchEvent] = []

    func add(_ event: SearchEvent) { lock.withLock { events.append(event) } }
    var all: [SearchEvent] { lock.withLock { events } }
}

extension SearchRig {
    /// Indexes that the last restart made of values.
    var rebuilt: Int? {
        for case .complete(_, let rebuilt, _) in events { return rebuilt }
        return nil
    }
}

/// Numbers from a seed (SplitMix64).
struct Generator {
    var state: UInt64

    mutating func next(below bound: UInt64) -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return (mixed ^ (mixed >> 31)) % bound
    }
}
