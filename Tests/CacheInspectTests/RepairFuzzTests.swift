import CacheBase
import CacheEngine
import CacheFiles
import CacheFormat
import CacheInspect
import Testing

/// Random damage in every kind of file; the seed of a failed round is in its message.
struct RepairFuzzTests {
    /// A live entry, and the bytes that make it whole.
    private struct Whole {
        let key: String
        let lsn: LSN
        let path: String
        let range: Range<Int>
        let bytes: [UInt8]
    }

    private static let target = "repaired"

    @Test(arguments: [".seg", ".hint", ".wal", "CHECKPOINT", "STORE", "CLOCK", "several"])
    func whatIsWholeIsSavedAndNothingElseServed(kind: String) throws {
        for seed in UInt64(1)...30 { try run(seed: seed, kind) }
    }

    private func run(seed: UInt64, _ kind: String) throws {
        let context: Comment = "kind \(kind), seed \(seed)"
        let specimen = try Specimen()
        try specimen.work(seed: seed, steps: 200 + Int(seed))
        if seed % 2 == 0 { specimen.engine.close() }
        let wholes = try wholeEntries(specimen)
        let disk = specimen.disk.fork()
        var random = Xoshiro256(seed: seed &* 7919)
        let kinds =
            kind == "several" ? [".seg", ".hint", ".wal", "CHECKPOINT", "STORE", "CLOCK"] : [kind]
        for kind in kinds { try damage(disk, kind, &random) }
        let report = try Repair(
            of: StoreFolder(Specimen.directory, files: disk), to: Self.target,
            clock: .manual(start: specimen.clock.now())
        ).run()
        let found = try specimen.contents(of: disk, in: Self.target)
        for entry in wholes where try isIntact(entry, disk) {
            #expect(found[entry.key] == entry.lsn, "\(entry.key) is whole: \(context)")
        }
        if !report.losses.contains(where: { $0.mayRevive }) {
            try checkNothingCameBack(found, specimen, disk, context)
        }
        let folder = StoreFolder(Self.target, files: disk)
        #expect(try Verifier(folder, threads: 1).run().damages == [], context)
    }

    /// A record at the log's end that left no trace is as one that was never written: then a start
    /// of the server on the damaged folder shows the same.
    private func checkNothingCameBack(
        _ found: [String: LSN], _ specimen: Specimen, _ disk: SimulatedFileSystem,
        _ context: Comment
    ) throws {
        let back = found.filter { specimen.live[$0.key] != $0.value }
        guard !back.isEmpty else { return }
        let served = try specimen.contents(of: disk.fork(), in: Specimen.directory)
        for (key, lsn) in back { #expect(served[key] == lsn, "\(key) came back: \(context)") }
    }

    private func wholeEntries(_ specimen: Specimen) throws -> [Whole] {
        let snapshot = try StoreSnapshot.take(of: specimen.folder) { _ in }
        var walk = EntryWalk(snapshot, at: specimen.clock.now())
        var places: [(String, LSN, String, Int)] = []
        try walk.run { entry, place in
            let key = String(decoding: entry.key, as: UTF8.self)
            switch place {
            case .segment(let id, let offset, _):
                let path = specimen.folder.layout.segment(id)
                places.append((key, entry.lsn, path, Int(offset)))
            case .log(let file, let offset):
                places.append((key, entry.lsn, "data/" + file, Int(offset)))
            }
        }
        return try places.map { key, lsn, path, offset in
            let bytes = try specimen.disk.bytes(of: path)
            let length = bytes.withUnsafeBytes {
                // Frames and blocks both keep the length of their payload in the second word.
                let payload = $0.loadUnaligned(fromByteOffset: offset + 4, as: UInt32.self)
                return LogFrame.headBytes + Int(payload)
            }
            let range = offset..<(offset + length)
            return Whole(
                key: key, lsn: lsn, path: path, range: range, bytes: Array(bytes[range]))
        }
    }

    private func isIntact(_ entry: Whole, _ disk: SimulatedFileSystem) throws -> Bool {
        guard disk.exists(entry.path) else { return false }
        let bytes = try disk.bytes(of: entry.path)
        return bytes.count >= entry.range.upperBound && Array(bytes[entry.range]) == entry.bytes
    }

    private func damage(
        _ disk: SimulatedFileSystem, _ kind: String, _ random: inout Xoshiro256
    ) throws {
        let files = disk.files.filter { $0.path.hasSuffix(kind) }
        guard !files.isEmpty else { return }
        let (path, size) = files[random.below(files.count)]
        switch random.below(4) {
        case 0: try disk.remove(path)
        case 1: try disk.cut(path, to: random.below(size))
        case 2:
            let start = random.below(size)
            try disk.zero(path, at: start, count: min(size - start, random.below(64) + 1))
        default:
            for _ in 0...random.below(8) {
                try disk.flip(
                    path, at: random.below(size), bits: UInt8(random.below(255) + 1))
            }
        }
    }
}
