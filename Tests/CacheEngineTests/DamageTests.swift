import CacheBase
import CacheEngine
import CacheFiles
import Synchronization
import Testing

/// Files that somebody else has cut, emptied or exchanged.
@Suite("Damaged files")
struct DamageTests {
    private func stored(_ count: Int = 30) throws -> Rig {
        let rig = try Rig()
        for number in 0..<count { try rig.put("key \(number)", "value \(number)") }
        return rig
    }

    private func logFile(_ rig: Rig) throws -> (path: String, size: Int) {
        let files = rig.disk.files.filter { $0.path.hasSuffix(".wal") }
        return try #require(files.min { $0.path < $1.path })
    }

    /// How many of the first keys are there; the others must not be.
    private func whole(_ rig: Rig, of count: Int = 30) throws -> Int {
        let found = try (0..<count).map { try rig.value("key \($0)") }
        let kept = found.firstIndex(of: nil) ?? count
        for (number, value) in found.enumerated() {
            #expect(value == (number < kept ? "value \(number)" : nil))
        }
        return kept
    }

    @Test func aLogCutAnywhereKeepsItsWholeRecordsAndGoesOn() throws {
        let origin = try stored()
        let log = try logFile(origin)
        var keptBefore = 0
        for length in stride(from: 4096 + 40, through: 4096 + 30 * 80, by: 13) {
            let disk = origin.disk.fork()
            try disk.cut(log.path, to: length)
            let rig = try Rig(disk: disk)
            let kept = try whole(rig)
            #expect(kept >= keptBefore)
            keptBefore = kept
            for round in 0..<3 {
                try rig.put("after", "\(length) \(round)")
                try rig.crash(.process)
                #expect(try rig.value("after") == "\(length) \(round)")
                #expect(try whole(rig) == kept)
            }
        }
        #expect(keptBefore > 20)
    }

    @Test func aCutRecordIsReported() throws {
        let origin = try stored()
        let log = try logFile(origin)
        let disk = origin.disk.fork()
        try disk.cut(log.path, to: 4096 + 60)
        #expect(try Rig(disk: disk).engine.recovery.tornBytes > 0)
    }

    /// Written to, or not, at random: the copy would take the place of the log, or be one more.
    @Test func aCopiedLogFileIsRefused() throws {
        let origin = try stored()
        let log = try logFile(origin)
        let disk = origin.disk.fork()
        let content = try disk.contents(of: log.path, limit: 1 << 30)
        let copy = try disk.open(log.path.replacing(".wal", with: "-copy.wal"), .create)
        try content.withUnsafeBytes { try copy.write($0, at: 0) }
        #expect(throws: StorageError(.corruption, "")) { try Rig(disk: disk) }
    }

    @Test func aLogCutToNothingIsNotTakenForANewStore() throws {
        for length in [0, 1, 64, 4096, 4100] {
            let origin = try stored()
            let log = try logFile(origin)
            let disk = origin.disk.fork()
            try disk.cut(log.path, to: length)
            #expect(throws: StorageError(.corruption, "")) { try Rig(disk: disk) }
        }
    }

    @Test func aLogFileWithADamagedHeadIsNotUsedAgain() throws {
        for files in [1, 4] {
            let origin = try Rig()
            for number in 0..<(files * 20) {
                try origin.put("key \(number)", String(repeating: "x", count: 3000))
                try origin.engine.waitUntilDurable(origin.engine.lastLSN)
            }
            for (path, _) in origin.disk.files where path.hasSuffix(".wal") {
                let disk = origin.disk.fork()
                try disk.flip(path, at: 24)
                do {
                    let rig = try Rig(disk: disk)
                    // A file that waits to be used has no head to damage.
                    for number in 0..<(files * 20) {
                        #expect(try rig.value("key \(number)") != nil, "\(path) \(number)")
                    }
                } catch let error as StorageError {
                    #expect(error.kind == .corruption)
                }
            }
        }
    }

    @Test func aDamagedSegmentIsServedAsFarAsItIsWhole() throws {
        let origin = try stored(400)
        try origin.flushAll()
        origin.engine.close()
        let segments = origin.disk.files.filter { $0.path.hasSuffix(".seg") }
        #expect(!segments.isEmpty)
        for (path, size) in segments {
            for length in stride(from: 0, to: size, by: max(1, size / 40)) {
                let disk = origin.disk.fork()
                try disk.cut(path, to: length)
                try checkDamaged(disk, "\(path) cut to \(length)")
            }
            for offset in [0, 30, size - 4, size - 70, size - 90] {
                let disk = origin.disk.fork()
                try disk.flip(path, at: offset)
                try checkDamaged(disk, "\(path) flipped at \(offset)", lost: 0)
            }
        }
    }

    /// Every key is there or its read fails, also after a further start.
    private func checkDamaged(
        _ disk: SimulatedFileSystem, _ what: String, lost: Int? = nil
    ) throws {
        let reported = Mutex<[Int]>([])
        var options = Rig.smallOptions
        options.observer = { event in
            if case .segmentDamaged(_, let entriesLost) = event {
                reported.withLock { $0.append(entriesLost) }
            }
        }
        let rig = try Rig(options, disk: disk)
        for _ in 0..<2 {
            var failed = 0
            for number in 0..<400 {
                do {
                    #expect(try rig.value("key \(number)") == "value \(number)", "\(what)")
                } catch let error as StorageError {
                    #expect(error.kind == .corruption)
                    failed += 1
                }
            }
            let said = reported.withLock { $0 }
            #expect(said.last == failed, "\(what)")
            if let lost { #expect(failed == lost, "\(what)") }
            rig.engine.checkInvariants()
            try rig.put("after", what)
            try rig.flushAll()
            while try rig.engine.compact() {}
            try rig.crash(.process)
        }
    }

    @Test(arguments: [".wal", ".seg", ".hint", "CLOCK"])
    func aNewerFormatOfAnyFileIsRefusedBeforeAnythingIsChanged(suffix: String) throws {
        let rig = try stored(400)
        try rig.flushAll()
        rig.engine.close()
        let path = try #require(rig.disk.files.map(\.path).first { $0.hasSuffix(suffix) })
        try rig.disk.flip(path, at: 7)
        _ = try rig.disk.open("data/segments/00000000000000ff.seg", .create)
        _ = try rig.disk.open("data/wal/9.wal.new", .create)
        let before = rig.disk.files.map(\.path)
        #expect(throws: StorageError(.newerFormat, "")) { try Rig(disk: rig.disk) }
        #expect(rig.disk.files.map(\.path) == before)
    }
}
