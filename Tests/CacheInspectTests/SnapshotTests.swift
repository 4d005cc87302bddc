import CacheBase
import CacheEngine
import CacheFiles
import CacheInspect
import Foundation
import Testing

/// Reading beside a server that goes on.
struct SnapshotTests {
    /// Passes calls on to a disk, and runs `hook` before files of one kind are opened.
    private final class WatchedDisk: FileSystem, @unchecked Sendable {
        // Safe because: one thread uses it.
        let disk: SimulatedFileSystem
        let suffix: String
        var hook: () throws -> Void = {}
        private(set) var writes = 0

        init(_ disk: SimulatedFileSystem, before suffix: String) {
            self.disk = disk
            self.suffix = suffix
        }

        func open(_ path: String, _ mode: FileMode) throws(StorageError) -> any File {
            if mode != .read && mode != .readDirect { writes += 1 }
            if path.hasSuffix(suffix) {
                let hook = hook
                self.hook = {}
                try? hook()
            }
            return try disk.open(path, mode)
        }

        func createDirectory(_ path: String) { writes += 1 }
        func list(_ path: String) throws(StorageError) -> [String] { try disk.list(path) }
        func exists(_ path: String) -> Bool { disk.exists(path) }
        func syncDirectory(_ path: String) { writes += 1 }
        func lockDirectory(_ path: String) throws(StorageError) -> any DirectoryLock {
            throw StorageError(.locked, "a reader takes no lock")
        }
        func rename(_ source: String, to target: String) { writes += 1 }
        func remove(_ path: String) { writes += 1 }
        func map(_ path: String, length: Int) throws(StorageError) -> any MappedFile {
            throw StorageError(.permission, "a reader maps nothing")
        }
        func availableBytes(_ path: String) throws(StorageError) -> UInt64 { 0 }
    }

    @Test(arguments: [".seg", ".wal", ".hint"])
    func whatTheServerReplacesMeanwhileIsReadAgain(suffix: String) throws {
        for seed in UInt64(1)...20 {
            let specimen = try Specimen()
            try specimen.work(seed: seed, steps: 200)
            let watched = WatchedDisk(specimen.disk, before: suffix)
            watched.hook = {
                // Overwrites everything, so that segments die and files of the log are used again.
                for round in 0..<6 {
                    for number in 0..<60 {
                        try specimen.put("key \(number)", Specimen.text(round, 300))
                    }
                    try specimen.flush()
                    while try specimen.engine.compact() {}
                }
            }
            var notes: [String] = []
            let folder = StoreFolder(Specimen.directory, files: watched)
            let snapshot = try StoreSnapshot.take(of: folder) { notes.append($0) }
            #expect(snapshot.damages.isEmpty)
            var walk = EntryWalk(snapshot, at: specimen.clock.now())
            var found: [String: LSN] = [:]
            try walk.run { entry, _ in
                found[String(decoding: entry.key, as: UTF8.self)] = entry.lsn
            }
            #expect(walk.damages.isEmpty)
            if suffix != ".hint" {
                #expect(found == specimen.live)
                #expect(notes.count == 1 && notes[0].contains("reading again"))
            }
            #expect(watched.writes == 0)
        }
    }

    @Test func verifyingBesideAServerFindsNoDamage() throws {
        for seed in UInt64(1)...20 {
            for suffix in [".seg", ".wal", ".hint"] {
                let specimen = try Specimen()
                try specimen.work(seed: seed, steps: 150)
                let watched = WatchedDisk(specimen.disk, before: suffix)
                watched.hook = { try specimen.work(seed: seed + 100, steps: 150) }
                let folder = StoreFolder(Specimen.directory, files: watched)
                let report = try Verifier(folder, threads: 1).run()
                #expect(report.damages == [], "seed \(seed), before \(suffix)")
                #expect(watched.writes == 0)
            }
        }
    }

    @Test func aRunningServerIsReadConsistently() throws {
        let path = NSTemporaryDirectory() + "dcs-inspect-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: path) }
        var options = Specimen.options
        options.directory = path
        options.backgroundWork = true
        options.logFileBytes = 64 << 10
        let engine = try Engine.open(options, files: RealFileSystem())
        let writer = BackgroundThread(name: "writer") {
            for round in 0..<3000 { Self.write(round, to: engine) }
        }
        let folder = StoreFolder(path, files: RealFileSystem())
        var newest = -1
        for _ in 0..<60 { newest = try max(newest, readRound(folder, atLeast: newest)) }
        writer.join()
        engine.close()
        #expect(newest >= 0)
        #expect(try Verifier(folder, threads: 2).run().damages == [])
    }

    /// Writes one number to eight keys in one record.
    private static func write(_ round: Int, to engine: Engine) {
        let none = UnsafeRawBufferPointer(start: nil, count: 0)
        let value = Array("\(round)".utf8)
        var batch = WriteBatch(for: engine.options)
        for number in 0..<8 {
            let key = Array("key \(number)".utf8)
            key.withUnsafeBytes { key in
                value.withUnsafeBytes { value in
                    _ = try? batch.put(
                        engine.key(key), value: value, contentType: none, expiry: .never)
                }
            }
        }
        _ = try? engine.apply(batch)
    }

    /// The number that all keys have; they have the same one, or none of them is there.
    private func readRound(_ folder: StoreFolder, atLeast newest: Int) throws -> Int {
        let result = Result { () throws(StorageError) in
            try StoreSnapshot.take(of: folder) { _ in }
        }
        guard case .success(let snapshot) = result else {
            #expect(throws: StorageError(.overloaded, "")) { try result.get() }
            return newest
        }
        var walk = EntryWalk(snapshot, at: snapshot.now(.system()))
        var values: [String] = []
        try walk.run { entry, _ in
            values.append(String(decoding: entry.value, as: UTF8.self))
        }
        #expect(snapshot.damages.isEmpty && walk.damages.isEmpty)
        #expect(Set(values).count <= 1 && (values.isEmpty || values.count == 8))
        let round = values.first.flatMap { Int($0) } ?? -1
        #expect(round >= newest)
        return round
    }
}
