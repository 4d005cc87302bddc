import CacheBase
import CacheEngine
import CacheFiles
import Foundation
import Synchronization
import Testing

/// Real files, real threads, every background thread at work.
@Suite("Engine under threads")
struct ConcurrencyTests {
    private func withFolder(_ body: (String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("dcs-engine-" + UUID().uuidString).path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try body(folder)
    }

    private func options(_ folder: String, _ sync: SyncMode) -> EngineOptions {
        var options = EngineOptions(directory: folder + "/data")
        options.memoryBytesMax = 64 << 20
        options.diskBytesMax = 256 << 20
        options.logFileBytes = 1 << 20
        options.segmentBytes = 256 << 10
        options.sync = sync
        return options
    }

    /// Random work on keys that no other thread writes, checked against a model at each read.
    private func work(
        _ thread: Int, _ engine: Engine, steps: Int, _ problems: borrowing Mutex<[String]>
    ) {
        var random = SplitMix64(seed: UInt64(thread))
        var model: [Int: [UInt8]] = [:]
        for step in 0..<steps {
            let number = Int.random(in: 0..<400, using: &random)
            let key = Array("thread \(thread) key \(number)".utf8)
            do {
                switch Int.random(in: 0..<10, using: &random) {
                case 0..<5:
                    let value = [UInt8](
                        repeating: UInt8(truncatingIfNeeded: step), count: step % 700)
                    try put(key, value, engine)
                    model[number] = value
                case 5:
                    _ = try key.withUnsafeBytes { try engine.remove(engine.key($0)) }
                    model[number] = nil
                default:
                    let found = try engine.lookUp(key)?.value
                    if found != model[number] {
                        problems.withLock { $0.append("thread \(thread) step \(step)") }
                    }
                }
            } catch {
                problems.withLock { $0.append("\(error)") }
            }
        }
    }

    private func put(_ key: [UInt8], _ value: [UInt8], _ engine: Engine) throws {
        while true {
            do {
                _ = try key.withUnsafeBytes { key in
                    try value.withUnsafeBytes { value in
                        try engine.put(
                            engine.key(key), value: value,
                            contentType: UnsafeRawBufferPointer(start: nil, count: 0),
                            expiry: .never)
                    }
                }
                return
            } catch let error as StorageError where error.kind == .overloaded {
                // The disk is behind: a sync is what there is to wait for.
                try engine.waitUntilDurable(engine.lastLSN)
            }
        }
    }

    @Test(arguments: [SyncMode.interval(milliseconds: 10), .never])
    func threadsSeeTheirOwnWritesWhileEverythingMoves(sync: SyncMode) throws {
        try withFolder { folder in
            let engine = try Engine.open(options(folder, sync), files: RealFileSystem())
            let problems = Mutex<[String]>([])
            DispatchQueue.concurrentPerform(iterations: 4) { thread in
                work(thread, engine, steps: 15_000, problems)
            }
            #expect(problems.withLock { $0 } == [])
            // There is enough to flush; on a busy machine the flusher may not have come to it yet.
            let deadline = ContinuousClock.now + .seconds(300)
            while engine.statistics().flushes == 0, ContinuousClock.now < deadline {
                usleep(10_000)
            }
            #expect(engine.statistics().flushes > 0)
            engine.close()
            engine.checkInvariants()
        }
    }

    /// What is found is what this thread wrote last; it may be gone.
    private func workWhereEntriesGo(
        _ thread: Int, _ engine: Engine, _ problems: borrowing Mutex<[String]>
    ) {
        var random = SplitMix64(seed: UInt64(thread))
        var model: [Int: [UInt8]] = [:]
        for step in 0..<15_000 {
            let number = Int.random(in: 0..<3000, using: &random)
            let key = Array("thread \(thread) key \(number)".utf8)
            do {
                if Int.random(in: 0..<2, using: &random) == 0 {
                    let value = [UInt8](
                        repeating: UInt8(truncatingIfNeeded: step), count: step % 700)
                    try put(key, value, engine)
                    model[number] = value
                } else if let found = try engine.lookUp(key)?.value, found != model[number] {
                    problems.withLock { $0.append("thread \(thread) step \(step)") }
                }
            } catch {
                problems.withLock { $0.append("\(error)") }
            }
        }
    }

    @Test(arguments: EvictionMode.allCases)
    func threadsSeeTheirOwnWritesOrNothingWhileEntriesAreEvicted(eviction: EvictionMode) throws {
        try withFolder { folder in
            var options = options(folder, .never)
            options.eviction = eviction
            options.entriesMax = 4096
            let engine = try Engine.open(options, files: RealFileSystem())
            let problems = Mutex<[String]>([])
            DispatchQueue.concurrentPerform(iterations: 4) { thread in
                workWhereEntriesGo(thread, engine, problems)
            }
            #expect(problems.withLock { $0 } == [])
            #expect(engine.statistics().evictions > 1000)
            engine.close()
            engine.checkInvariants()
        }
    }

    @Test func writersThatWaitForTheDiskShareTheirSyncs() throws {
        try withFolder { folder in
            let engine = try Engine.open(options(folder, .always), files: RealFileSystem())
            defer { engine.close() }
            let failures = Mutex(0)
            let writes = 200
            DispatchQueue.concurrentPerform(iterations: 8) { thread in
                for step in 0..<writes {
                    do {
                        let key = Array("\(thread) \(step)".utf8)
                        let lsn = try key.withUnsafeBytes { raw in
                            try engine.put(
                                engine.key(raw), value: raw,
                                contentType: UnsafeRawBufferPointer(start: nil, count: 0),
                                expiry: .never
                            ).lsn
                        }
                        try engine.waitUntilDurable(lsn)
                        if engine.durableLSN < lsn { failures.withLock { $0 += 1 } }
                    } catch {
                        failures.withLock { $0 += 1 }
                    }
                }
            }
            #expect(failures.withLock { $0 } == 0)
            #expect(engine.statistics().syncs <= 8 * UInt64(writes))
        }
    }

    @Test func listenersHearOfEveryAdvanceInOrder() throws {
        try withFolder { folder in
            let engine = try Engine.open(options(folder, .always), files: RealFileSystem())
            let heard = Mutex<[LSN]>([])
            engine.onDurableAdvance { lsn in if let lsn { heard.withLock { $0.append(lsn) } } }
            for step in 0..<20 {
                let key = Array("\(step)".utf8)
                try put(key, key, engine)
                try engine.waitUntilDurable(engine.lastLSN)
            }
            engine.close()
            let all = heard.withLock { $0 }
            #expect(all == all.sorted() && all.count >= 20)
        }
    }
}
