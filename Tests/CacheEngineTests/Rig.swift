import CacheBase
import CacheEngine
import CacheFiles

/// An engine on a simulated disk with a clock that stands still: every background task runs when
/// the test says so.
final class Rig {
    let disk: SimulatedFileSystem
    let clock: Clock
    var options: EngineOptions
    private(set) var engine: Engine

    static let start = Timestamp(rawValue: 1_800_000_000_000)

    /// Small files, so that a test sees many of them.
    static var smallOptions: EngineOptions {
        var options = EngineOptions(directory: "data")
        options.backgroundWork = false
        options.identitySeed = 1
        options.memoryBytesMax = 64 << 20
        options.diskBytesMax = 64 << 20
        options.logFileBytes = 64 << 10
        options.segmentBytes = 32 << 10
        return options
    }

    init(
        _ options: EngineOptions = Rig.smallOptions, disk: SimulatedFileSystem? = nil,
        clock: Clock = .manual(start: Rig.start)
    ) throws {
        self.options = options
        self.disk = disk ?? SimulatedFileSystem(seed: 1)
        self.clock = clock
        engine = try Engine.open(options, files: self.disk, clock: clock)
    }

    /// Kills the process (or the machine) and starts again.
    func crash(_ crash: Crash) throws {
        disk.crash(crash)
        engine = try Engine.open(options, files: disk, clock: clock)
    }

    /// Stops in order and starts again.
    func restart() throws {
        engine.close()
        engine = try Engine.open(options, files: disk, clock: clock)
    }

    @discardableResult
    func put(
        _ key: String, _ value: String, type: String = "", ttl: UInt64? = nil,
        if condition: WriteCondition = .none
    ) throws -> WriteReceipt {
        try put(Array(key.utf8), Array(value.utf8), type: Array(type.utf8), ttl: ttl, if: condition)
    }

    @discardableResult
    func put(
        _ key: [UInt8], _ value: [UInt8], type: [UInt8] = [], ttl: UInt64? = nil,
        if condition: WriteCondition = .none
    ) throws -> WriteReceipt {
        let expiry = ttl.map { Expiry(milliseconds: $0, after: clock.now()) } ?? .never
        return try key.withUnsafeBytes { key in
            try value.withUnsafeBytes { value in
                try type.withUnsafeBytes { type in
                    try engine.put(
                        engine.key(key), value: value, contentType: type, expiry: expiry,
                        condition: condition)
                }
            }
        }
    }

    @discardableResult
    func remove(_ key: String, if condition: WriteCondition = .none) throws -> WriteReceipt {
        try Array(key.utf8).withUnsafeBytes {
            try engine.remove(engine.key($0), condition: condition)
        }
    }

    /// What a client would get, from memory or disk; nil for a miss.
    func get(_ key: String) throws -> Found? { try get(Array(key.utf8)) }

    func get(_ key: [UInt8]) throws -> Found? { try engine.lookUp(key) }

    func value(_ key: String) throws -> String? {
        try get(key).map { String(decoding: $0.value, as: UTF8.self) }
    }

    /// Flushes until the log has nothing left.
    func flushAll() throws { while try engine.flush() {} }
}

/// A copy of an entry.
struct Found: Equatable {
    var value: [UInt8]
    var type: [UInt8]
    var lsn: LSN
    var expiry: Expiry
    /// It was read from a segment.
    var wasCold = false
}

extension Engine {
    /// A whole read, as a client does it: waits for the disk and for durability.
    func lookUp(_ bytes: [UInt8]) throws -> Found? {
        let scratch = ReadScratch()
        return try bytes.withUnsafeBytes { raw -> Found? in
            let key = key(raw)
            while true {
                var found: Found?
                let outcome = read(key) { found = Found($0) }
                switch outcome {
                case .hit: return found
                case .miss: return nil
                case .notDurable(let lsn): try waitUntilDurable(lsn)
                case .cold(let cold):
                    let result = try readCold(cold, key: key, scratch: scratch, mayBlock: true) {
                        found = Found($0)
                        found?.wasCold = true
                    }
                    switch result {
                    case .hit: return found
                    case .miss: return nil
                    case .moved, .wouldBlock: continue
                    }
                }
            }
        }
    }
}

extension Found {
    init(_ view: EntryView) {
        self.init(
            value: Array(view.value), type: Array(view.contentType), lsn: view.lsn,
            expiry: view.expiry)
    }
}
