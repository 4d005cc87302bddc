import CacheBase
import CacheEngine
import CacheFiles
import CacheFormat
import CacheInspect
import Foundation
import Testing

/// Folders that this format's first version wrote stay readable for ever.
struct FixtureTests {
    private static let fixtures = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().appendingPathComponent("Fixtures/v1")

    /// What both stores were made by; the killed one ends in a torn record.
    private func make(isOrderly: Bool) throws -> Specimen {
        let specimen = try Specimen()
        // Digits without order shrink by entropy coding alone, patterns by either codec.
        var random = Xoshiro256(seed: 5)
        let pattern = { (number: Int) in String(repeating: "\(number % 10)abcdefg", count: 90) }
        for number in 0..<8 {
            let digits = (0..<300).map { _ in String(random.below(10)) }.joined()
            try specimen.put("digits \(number)", digits, type: "text/plain")
        }
        try specimen.flush()
        for number in 0..<4 { try specimen.put("pattern \(number)", pattern(number)) }
        try specimen.flush()
        try specimen.put("digits 0", "overwritten")
        try specimen.remove("digits 1")
        try specimen.transaction([("committed", "and flushed")])
        try specimen.transaction([("digits 3", "rolled back")], commits: false)
        try specimen.put("noise", (0..<200).map { _ in UInt8(random.below(256)) }, type: "image/x")
        try specimen.put("brief", "one hour", ttl: 3_600_000)
        try specimen.put("", bytesOfKey: [0xFF, 0xFE])
        try specimen.flush()
        try specimen.put("digits 2", "overwritten in the log")
        try specimen.transaction([("both 0", "committed"), ("digits 4", nil)])
        try specimen.batch([("both 1", "one"), ("both 2", "two"), ("pattern 0", nil)])
        try specimen.put("a/b c", "line\nbreak \"quoted\" é")
        if isOrderly {
            specimen.engine.close()
        } else {
            try specimen.engine.waitUntilDurable(specimen.engine.lastLSN)
            try specimen.put("torn", "never acknowledged")
            let snapshot = try StoreSnapshot.take(of: specimen.folder) { _ in }
            let last = snapshot.log.frame(snapshot.log.count - 1)
            try specimen.disk.zero("data/" + last.file, at: Int(last.offset) + 70, count: 8)
        }
        return specimen
    }

    /// The fixture on a disk of its own.
    private func load(_ name: String) throws -> SimulatedFileSystem {
        let disk = SimulatedFileSystem(seed: 1)
        let root = Self.fixtures.appendingPathComponent(name)
        for folder in ["", "/wal", "/segments"] {
            try disk.createDirectory("data" + folder)
            let names = try FileManager.default.contentsOfDirectory(atPath: root.path + folder)
            for file in names where file.contains(".") || file == file.uppercased() {
                let path = folder + "/" + file
                let bytes = try Data(contentsOf: URL(fileURLWithPath: root.path + path))
                try disk.put(Array(bytes), at: "data" + path)
            }
        }
        return disk
    }

    /// Writes the fixtures anew; only where the environment asks for it, since files of a released
    /// version never change.
    @Test(.enabled(if: ProcessInfo.processInfo.environment["DCS_WRITE_FIXTURES"] != nil))
    func writeFixtures() throws {
        for (name, isOrderly) in [("orderly", true), ("killed", false)] {
            let specimen = try make(isOrderly: isOrderly)
            let root = Self.fixtures.appendingPathComponent(name)
            for (path, _) in specimen.disk.files where !path.hasSuffix("/LOCK") {
                let target = root.appendingPathComponent(String(path.dropFirst("data/".count)))
                try FileManager.default.createDirectory(
                    at: target.deletingLastPathComponent(), withIntermediateDirectories: true)
                try Data(specimen.disk.bytes(of: path)).write(to: target)
            }
        }
    }

    @Test(arguments: ["orderly", "killed"])
    func theFirstVersionStaysReadable(name: String) throws {
        let disk = try load(name)
        let expected = try make(isOrderly: name == "orderly")
        let folder = StoreFolder("data", files: disk)
        let report = try Verifier(folder, threads: 1).run()
        #expect(report.damages == [])
        #expect(report.logEnd?.isOrderly == (name == "orderly"))
        // The torn record was never acknowledged.
        var live = expected.live
        live["torn"] = nil
        let clock = expected.clock
        let snapshot = try StoreSnapshot.take(of: folder) { _ in }
        var walk = EntryWalk(snapshot, at: clock.now())
        var found: [String: LSN] = [:]
        try walk.run { entry, _ in
            found[String(decoding: entry.key, as: UTF8.self)] = entry.lsn
        }
        #expect(found == live)
        // The model reads by keys that are text.
        live["\u{FFFD}\u{FFFD}"] = nil
        #expect(try expected.contents(of: disk, in: "data") == live)
    }

    @Test func theFixturesHoldWhatReadersMustKnow() throws {
        let disk = try load("orderly")
        let store = try StoreFolder("data", files: disk).store()
        let checkpoint = try StoreFolder("data", files: disk).checkpoint(of: store.id)
        #expect(checkpoint.segments.count >= 2)
        #expect(checkpoint.segments.contains { $0.liveEntries < Int($0.entries) })
        var codecs: Set<Codec> = []
        for (path, _) in disk.files where path.hasSuffix(".seg") {
            let bytes = try disk.bytes(of: path)
            var offset = SegmentHead.bytes
            while let head = bytes.withUnsafeBytes({
                BlockHead(verifying: UnsafeRawBufferPointer(rebasing: $0[offset...]))
            }) {
                codecs.insert(head.codec)
                offset += aligned8(BlockHead.bytes + Int(head.storedBytes))
            }
        }
        #expect(codecs == [.raw, .lz4, .zstd])
        let snapshot = try StoreSnapshot.take(of: StoreFolder("data", files: disk)) { _ in }
        let kinds = (0..<snapshot.log.count).map { snapshot.log.frame($0).frame }
        #expect(kinds.contains { $0.entries > 1 && $0.kind == .writes })
        #expect(kinds.contains { $0.kind == .commit })
        let outcomes = checkpoint.histories.flatMap(\.groups)
        #expect(outcomes.map(\.ended) == [2] && checkpoint.incarnation == 1)
        #expect(kinds.last?.kind == .mark)
    }
}

extension Specimen {
    /// A key that is no text.
    fileprivate func put(_ value: String, bytesOfKey key: [UInt8]) throws {
        let receipt = try key.withUnsafeBytes { key in
            try value.withBytes {
                try engine.put(
                    engine.key(key), value: $0,
                    contentType: UnsafeRawBufferPointer(start: nil, count: 0), expiry: .never)
            }
        }
        note(
            Version(
                key: String(decoding: key, as: UTF8.self), value: Array(value.utf8), type: "",
                expiry: .never), receipt.lsn)
    }
}
