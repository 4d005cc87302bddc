import CacheBase
import CacheEngine
import CacheFiles
import CacheFormat
import CacheInspect
import Testing

/// A store on a simulated disk, and everything that was ever written to it.
final class Specimen {
    struct Version: Equatable {
        let key: String
        let value: [UInt8]
        let type: String
        let expiry: Expiry
    }

    static let directory = "data"
    static let start = Timestamp(rawValue: 1_800_000_000_000)

    let disk: SimulatedFileSystem
    let clock = Clock.manual(start: start)
    private(set) var engine: Engine
    /// What each record put; those of one record have one version.
    private(set) var versions: [LSN: [Version]] = [:]
    /// The version of each key that has one.
    private(set) var live: [String: LSN] = [:]
    private(set) var commits = 0

    /// Small files, so that a test sees many of them.
    static var options: EngineOptions {
        var options = EngineOptions(directory: directory)
        options.backgroundWork = false
        options.identitySeed = 1
        options.memoryBytesMax = 64 << 20
        options.diskBytesMax = 64 << 20
        options.logFileBytes = 16 << 10
        options.segmentBytes = 16 << 10
        options.compactionBytesPerSecond = 1 << 40
        return options
    }

    init(
        disk: SimulatedFileSystem = SimulatedFileSystem(seed: 1),
        options: EngineOptions = Specimen.options
    ) throws {
        self.disk = disk
        engine = try Engine.open(options, files: disk, clock: clock)
    }

    var folder: StoreFolder { StoreFolder(Self.directory, files: disk) }

    func put(_ key: String, _ value: [UInt8], type: String = "", ttl: UInt64? = nil) throws {
        let expiry = ttl.map { Expiry(milliseconds: $0, after: clock.now()) } ?? .never
        let receipt = try key.withBytes { key in
            try value.withUnsafeBytes { value in
                try type.withBytes {
                    try engine.put(engine.key(key), value: value, contentType: $0, expiry: expiry)
                }
            }
        }
        note(Version(key: key, value: value, type: type, expiry: expiry), receipt.lsn)
    }

    func put(_ key: String, _ value: String, type: String = "", ttl: UInt64? = nil) throws {
        try put(key, Array(value.utf8), type: type, ttl: ttl)
    }

    func remove(_ key: String) throws {
        _ = try key.withBytes { try engine.remove(engine.key($0)) }
        live[key] = nil
    }

    /// Writes of one record; a nil value deletes.
    func batch(_ writes: [(key: String, value: String?)]) throws {
        var batch = WriteBatch(for: engine.options)
        for (key, value) in writes {
            try key.withBytes { key in
                guard let value else { return try batch.remove(engine.key(key)) }
                try value.withBytes {
                    try batch.put(
                        engine.key(key), value: $0,
                        contentType: UnsafeRawBufferPointer(start: nil, count: 0), expiry: .never)
                }
            }
        }
        _ = try engine.apply(batch)
        for (key, value) in writes {
            live[key] = nil
            guard let value else { continue }
            note(
                Version(key: key, value: Array(value.utf8), type: "", expiry: .never),
                engine.lastLSN)
        }
    }

    /// Writes of a transaction; a nil value deletes.
    func transaction(_ writes: [(key: String, value: String?)], commits: Bool = true) throws {
        let id = try #require(try engine.transactions.start(mayBlock: true))
        for (key, value) in writes { try write(key, value, in: id) }
        guard commits else { return try engine.transactions.rollback(id) }
        let outcome = try engine.transactions.commit(id, scratch: ReadScratch(), mayBlock: true)
        guard case .committed(let lsn) = outcome else {
            Issue.record("a commit that may block commits")
            return
        }
        try engine.waitUntilDurable(lsn)
        self.commits += 1
        for (key, value) in writes {
            live[key] = nil
            guard let value else { continue }
            note(Version(key: key, value: Array(value.utf8), type: "", expiry: .never), lsn)
        }
    }

    private func write(_ key: String, _ value: String?, in id: TransactionID) throws {
        let none = UnsafeRawBufferPointer(start: nil, count: 0)
        try key.withBytes { key in
            guard let value else {
                _ = try engine.transactions.remove(
                    id, engine.key(key), scratch: ReadScratch(), mayBlock: true)
                return
            }
            try value.withBytes {
                _ = try engine.transactions.put(
                    id, engine.key(key), value: $0, contentType: none, expiry: .never,
                    scratch: ReadScratch(), mayBlock: true)
            }
        }
    }

    func note(_ version: Version, _ lsn: LSN) {
        versions[lsn, default: []].append(version)
        live[version.key] = lsn
    }

    func flush() throws { while try engine.flush() {} }

    /// Every key that was ever written.
    var keys: Set<String> { Set(versions.values.flatMap { $0.map(\.key) }) }

    /// What the version of a key put.
    func version(_ lsn: LSN, of key: String) -> Version? {
        versions[lsn]?.last { $0.key == key }
    }
}

extension String {
    func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        try Array(utf8).withUnsafeBytes(body)
    }
}

extension Specimen {
    /// Random work with flushes and compaction, from a seed: overwrites, deletions, times to live,
    /// records of several writes; values that compress well, a little, and not at all.
    func work(seed: UInt64, steps: Int = 400) throws {
        var random = Xoshiro256(seed: seed)
        for step in 0..<steps {
            let key = "key \(random.below(60))"
            switch random.below(14) {
            case 0: try remove(key)
            case 1:
                let other = "key \(random.below(60))"
                try batch([(key, "batch \(step)"), (other, nil), ("both \(step % 7)", "\(step)")])
            case 4: try transaction([(key, "own \(step)"), ("mine \(step % 5)", nil)])
            case 5: try transaction([(key, "never \(step)")], commits: false)
            case 2: try put(key, "brief \(step)", ttl: UInt64(random.below(10_000_000) + 600_000))
            case 3: try put(key, (0..<300).map { _ in UInt8(random.below(256)) }, type: "a/b")
            default: try put(key, Self.text(step, random.below(900)), type: "text/plain")
            }
            if step % 90 == 89 { try flush() }
            if step % 120 == 119 { while try engine.compact() {} }
        }
    }

    static func text(_ number: Int, _ length: Int) -> String {
        let words = ["alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta"]
        var text = "\(number)"
        var state = UInt64(number) &+ 1
        while text.utf8.count < length {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            text += " " + words[Int(state >> 60) % words.count]
        }
        return text
    }

    /// What an engine on another disk has of the keys, opened and checked.
    func contents(of disk: SimulatedFileSystem, in directory: String) throws -> [String: LSN] {
        var options = Self.options
        options.directory = directory
        let engine = try Engine.open(options, files: disk, clock: .manual(start: clock.now()))
        defer { engine.close() }
        var found: [String: LSN] = [:]
        for key in keys {
            guard let entry = try engine.entry(key) else { continue }
            let version = version(entry.lsn, of: key)
            #expect(version == entry, "\(key) has bytes that were never written")
            found[key] = entry.lsn
        }
        engine.checkInvariants()
        return found
    }
}

extension Engine {
    /// A whole read, from memory or disk.
    fileprivate func entry(_ key: String) throws -> (lsn: LSN, version: Specimen.Version)? {
        var found: (LSN, Specimen.Version)?
        func note(_ view: EntryView) {
            let type = String(decoding: view.contentType, as: UTF8.self)
            found = (
                view.lsn,
                Specimen.Version(
                    key: key, value: Array(view.value), type: type, expiry: view.expiry)
            )
        }
        try key.withBytes { bytes in
            let view = self.key(bytes)
            if case .cold(let cold) = read(view, note) {
                _ = try readCold(
                    cold, key: view, scratch: ReadScratch(), mayBlock: true, note)
            }
        }
        return found
    }
}

private func == (
    left: Specimen.Version?, right: (lsn: LSN, version: Specimen.Version)
) -> Bool {
    left == right.version
}

extension SimulatedFileSystem {
    /// The whole content of a file.
    func bytes(of path: String) throws -> [UInt8] { try contents(of: path, limit: 1 << 30) }

    /// Puts a file with this content at `path`.
    func put(_ bytes: [UInt8], at path: String) throws {
        if let slash = path.lastIndex(of: "/") { try createDirectory(String(path[..<slash])) }
        let file = try open(path, .create)
        try bytes.withUnsafeBytes { try file.write($0, at: 0) }
    }
}
