import CacheBase
import CacheEngine
import CacheFiles
import Testing

@testable import CacheEviction

/// The simulator's model of the engine beside the engine: the same requests, key by key.
@Suite("Eviction against its model")
struct EvictionModelTests {
    private func key(_ number: UInt32) -> [UInt8] { Array("key \(number)".utf8) }

    private func hash(_ number: UInt32, _ engine: Engine) -> UInt64 {
        key(number).withUnsafeBytes { engine.key($0).hash }
    }

    /// Reads each key in turn, and writes what is not there.
    /// - Returns: hits.
    private func drive(
        _ trace: Trace, _ rig: Rig, valueBytes: Int = 1, flushEvery: Int
    ) throws -> Int {
        let scratch = ReadScratch()
        // Nothing that compresses, since no two values overlap that a block holds.
        var random = SplitMix64(seed: 1)
        let noise = (0..<200 * valueBytes).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        var hits = 0
        for (number, request) in trace.requests.enumerated() {
            let key = key(request)
            let isHit = try key.withUnsafeBytes { raw in
                try rig.engine.has(rig.engine.key(raw), scratch)
            }
            if isHit {
                hits += 1
            } else {
                let start = number % 200 * valueBytes
                try rig.put(key, Array(noise[start..<start + valueBytes]))
            }
            if number % flushEvery == flushEvery - 1 { try rig.flushAll() }
        }
        return hits
    }

    /// The limit of entries follows from `max_memory`; shards are long enough that with LRU the
    /// list of each is kept by stamps.
    @Test(arguments: EvictionMode.allCases)
    func aFullIndexHasExactlyTheHitsOfTheModel(eviction: EvictionMode) throws {
        let entries = 64 * 1100
        let bytesPerKey = eviction == .s3FIFO ? 33 : 31
        var options = Rig.smallOptions
        options.eviction = eviction
        options.memoryBytesMax = UInt64(entries * bytesPerKey * 8)
        options.logFileBytes = 1 << 20
        options.segmentBytes = 1 << 20
        options.hotTier = false
        let rig = try Rig(options)
        let trace = SyntheticTrace.zipf06.trace(requests: 240_000, keys: 160_000, seed: 5)
        let hits = try drive(trace, rig, flushEvery: 20_000)
        #expect(rig.engine.statistics().evictions > 20_000)
        let room = CacheRoom(
            .entries, capacity: entries, weights: [UInt32](repeating: 1, count: trace.keys))
        let hash: (UInt32) -> UInt64 = { self.hash($0, rig.engine) }
        let expected =
            switch eviction {
            case .lru: hitsOf(BuiltLRU(room, hash: hash), trace)
            case .s3FIFO: hitsOf(BuiltS3FIFO(room, hash: hash), trace)
            }
        #expect(hits == expected)
        // With hashes of its own the model is off by what shards differ by: a tenth of a point.
        let own = model(of: eviction).hits(room, trace.requests)
        #expect(abs(own - expected) < trace.requests.count / 1000)
        rig.engine.checkInvariants()
    }

    private func hitsOf(_ policy: consuming some CacheEviction.EvictionPolicy, _ trace: Trace)
        -> Int
    {
        var hits = 0
        for key in trace.requests where policy.request(key) { hits += 1 }
        return hits
    }

    private func model(of eviction: EvictionMode) -> PolicyName {
        switch eviction {
        case .lru: .builtLRU
        case .s3FIFO: .builtS3FIFO
        }
    }

    /// What the disk holds is a little more than the entries, and is looked at when there is a
    /// flush: the model may be off by two points.
    @Test(arguments: EvictionMode.allCases)
    func aFullDiskHasAboutTheHitsOfTheModel(eviction: EvictionMode) throws {
        var options = Rig.smallOptions
        options.eviction = eviction
        options.diskBytesMax = 4 << 20
        options.segmentBytes = 128 << 10
        let rig = try Rig(options)
        let trace = SyntheticTrace.zipf08.trace(requests: 30_000, keys: 12_000, seed: 6)
        let hits = try drive(trace, rig, valueBytes: 1000, flushEvery: 100)
        let figures = rig.engine.statistics()
        #expect(figures.evictions > 1000)
        // Four fifths of the disk may be live.
        let share = 0.8 * Double(options.diskBytesMax)
        let entryBytes = Double(figures.diskLiveBytes) / Double(figures.liveEntries)
        let room = CacheRoom(
            .bytes, capacity: Int(share / entryBytes),
            weights: [UInt32](repeating: 1, count: trace.keys))
        let expected = model(of: eviction).hits(room, trace.requests)
        print("engine \(hits), model \(expected) of \(trace.requests.count)")
        #expect(abs(hits - expected) < trace.requests.count / 50)
    }
}

extension Engine {
    /// Reads an entry, from wherever it is, and forgets it.
    fileprivate func has(_ key: KeyView, _ scratch: ReadScratch) throws -> Bool {
        switch read(key, { _ in }) {
        case .hit: return true
        case .miss: return false
        case .notDurable: preconditionFailure("answers do not wait here")
        case .cold(let cold):
            return try readCold(cold, key: key, scratch: scratch, mayBlock: true) { _ in } == .hit
        }
    }
}
