import CacheBase
import CacheEngine
import CacheFiles
import CacheFormat
import CacheInspect
import Testing

/// Whether every damage is found, and nothing else.
struct VerifyTests {
    private func specimen(seed: UInt64 = 21, steps: Int = 400) throws -> Specimen {
        let specimen = try Specimen()
        try specimen.work(seed: seed, steps: steps)
        specimen.engine.close()
        return specimen
    }

    private func verify(_ disk: SimulatedFileSystem) throws -> VerifyReport {
        try Verifier(StoreFolder(Specimen.directory, files: disk), threads: 1).run()
    }

    @Test(arguments: [UInt64(1), 2, 3, 4])
    func aWholeStoreHasNoDamage(seed: UInt64) throws {
        let specimen = try specimen(seed: seed)
        for threads in [1, 3] {
            let report = try Verifier(specimen.folder, threads: threads).run()
            #expect(report.damages == [])
            #expect(report.segments > 1 && report.blocks > 5 && report.records > 0)
            #expect(report.logEnd?.isOrderly == true)
        }
    }

    @Test func aKilledStoreHasNoDamage() throws {
        for nth in stride(from: 5, to: 200, by: 7) {
            let disk = SimulatedFileSystem(seed: UInt64(nth))
            let specimen = try Specimen(disk: disk)
            disk.planCrash(atMutation: nth)
            try? specimen.work(seed: 22)
            disk.crash(nth % 2 == 0 ? .process : .power(seed: UInt64(nth)))
            #expect(try verify(disk).damages == [], "killed at \(nth)")
        }
    }

    @Test func everyFlippedByteIsFoundInItsFile() throws {
        let specimen = try specimen(steps: 130)
        var flips = 0
        for (path, size) in specimen.disk.files where !path.hasSuffix("/LOCK") {
            let name = specimen.folder.name(path)
            for offset in try bytesThatCount(specimen.disk, path, size) {
                let disk = specimen.disk.fork()
                try disk.flip(path, at: offset, bits: UInt8(1 << (offset % 8)))
                let damages = try verify(disk).damages
                #expect(
                    damages.contains { $0.file == name || name.hasPrefix($0.file) },
                    "\(name) at \(offset)")
                flips += 1
            }
        }
        #expect(flips > 1000)
    }

    /// Every byte of the small files and of the ends of the others, and a share of the rest; of
    /// the log's files what the log uses, without padding.
    private func bytesThatCount(
        _ disk: SimulatedFileSystem, _ path: String, _ size: Int
    ) throws -> [Int] {
        if path.hasSuffix("/CLOCK") { return Array(0..<28) + Array(64..<72) }
        guard path.hasSuffix(".wal") else {
            return (0..<size).filter { $0 < 110 || $0 >= size - 90 || $0 % 23 == 0 }
        }
        let snapshot = try StoreSnapshot.take(of: StoreFolder(Specimen.directory, files: disk)) {
            _ in
        }
        var offsets = Array(0..<56)
        if try disk.bytes(of: path).prefix(56).allSatisfy({ $0 == 0 }) { offsets = [] }
        for index in 0..<snapshot.log.count {
            let view = snapshot.log.frame(index)
            guard path.hasSuffix(view.file), view.frame.kind == .writes else { continue }
            let length = LogFrame.headBytes + view.payload.count
            offsets += (0..<length).map { Int(view.offset) + $0 }.filter { $0 % 5 == 0 }
        }
        return offsets
    }

    @Test(arguments: ["STORE", "CHECKPOINT", ".seg", ".hint", ".wal"])
    func aMissingFileIsFound(kind: String) throws {
        let specimen = try specimen()
        let snapshot = try StoreSnapshot.take(of: specimen.folder) { _ in }
        let used = Set((0..<snapshot.log.count).map { snapshot.log.frame($0).file })
        for (path, _) in specimen.disk.files where path.hasSuffix(kind) {
            let name = specimen.folder.name(path)
            if kind == ".wal", !used.contains(name) { continue }
            let disk = specimen.disk.fork()
            try disk.remove(path)
            let report = try verify(disk)
            // The last file may as well not have been begun when the server was killed.
            let isLast = kind == ".wal" && report.logEnd?.isAtFileEnd == true
            #expect(
                isLast || report.damages.contains { $0.file == name || $0.file == "wal" },
                "\(name)")
        }
    }

    @Test(arguments: ["STORE", "CHECKPOINT", ".seg", ".hint"])
    func aCutFileIsFound(kind: String) throws {
        let specimen = try specimen()
        for (path, size) in specimen.disk.files where path.hasSuffix(kind) {
            for length in [0, 1, size / 2, size - 1] {
                let disk = specimen.disk.fork()
                try disk.cut(path, to: length)
                let name = specimen.folder.name(path)
                #expect(
                    try verify(disk).damages.contains { $0.file == name }, "\(name) to \(length)")
            }
        }
    }

    /// The server reads such a file on where the record that is due begins it; so do all commands.
    @Test func aLogFileWithADamagedHeadIsNamedAndRead() throws {
        let specimen = try Specimen()
        for number in 0..<60 { try specimen.put("key \(number)", Specimen.text(number, 600)) }
        let whole = try StoreSnapshot.take(of: specimen.folder) { _ in }
        let files = Set((0..<whole.log.count).map { whole.log.frame($0).file })
        #expect(files.count > 1)
        for file in files {
            for wholeHead in [true, false] {
                let disk = specimen.disk.fork()
                let path = Specimen.directory + "/" + file
                if wholeHead {
                    try disk.zero(path, at: 0, count: 4096)
                } else {
                    try disk.flip(path, at: 30)
                }
                let folder = StoreFolder(Specimen.directory, files: disk)
                #expect(try verify(disk).damages.map(\.file) == [file])
                let snapshot = try StoreSnapshot.take(of: folder) { _ in }
                #expect(snapshot.log.count == whole.log.count)
                #expect(snapshot.log.end.position == whole.log.end.position)
                #expect(try specimen.contents(of: disk, in: Specimen.directory) == specimen.live)
            }
        }
    }

    @Test func twoLiveVersionsOfOneKeyAreFound() throws {
        let specimen = try Specimen()
        try specimen.put("key", "older")
        try specimen.put("another", "entry")
        try specimen.flush()
        try specimen.put("key", "newer")
        try specimen.flush()
        specimen.engine.close()
        let path = Specimen.directory + "/CHECKPOINT"
        let store = try specimen.folder.store()
        var checkpoint = try specimen.folder.checkpoint(of: store.id)
        #expect(checkpoint.segments.map(\.liveEntries) == [1, 1])
        checkpoint.segments[0].bitmap[0] = 0b11
        try specimen.disk.put(checkpoint.encoded(), at: path)
        let damages = try verify(specimen.disk).damages
        #expect(damages.count == 2)
        #expect(damages.allSatisfy { $0.what.contains("live here and once more") })
        #expect(Set(damages.map(\.file)).count == 2)
    }

    @Test func aHintOfOtherEntriesIsFound() throws {
        let specimen = try specimen()
        let store = try specimen.folder.store()
        let hint = try #require(specimen.disk.files.first { $0.path.hasSuffix(".hint") })
        let id = try #require(StoreLayout.segmentID(ofFile: String(hint.path.suffix(21))))
        let bytes = try specimen.disk.bytes(of: hint.path)
        let count = Int(bytes[32]) | Int(bytes[33]) << 8
        let wrong = (0..<count).map { HintEntry(hash: UInt64($0), expirySeconds: 1) }
        try specimen.disk.put(
            HintFile.encoded(wrong, store: store.id, segment: id), at: hint.path)
        let damages = try verify(specimen.disk).damages
        #expect(damages.count == count)
        #expect(damages.allSatisfy { $0.file == specimen.folder.name(hint.path) })
    }

    /// Every way that a search file may be wrong is named, and none of them is damage.
    @Test func aSearchFileIsCheckedAndItsDamageIsHarmless() throws {
        let specimen = try Specimen()
        try specimen.work(seed: 23, steps: 200)
        let paths = try specimen.writeSearchFiles()
        specimen.engine.close()
        #expect(paths.count > 1)
        let whole = try verify(specimen.disk)
        #expect(whole.damages == [] && whole.searchDamages == [])
        #expect(whole.searchFiles == paths.count && whole.segments == paths.count)
        let path = paths[0]
        let size = try specimen.disk.bytes(of: path).count
        var changes: [(SimulatedFileSystem) throws -> Void] = []
        for offset in 0..<size where offset < 120 || offset % 17 == 0 && offset >= 128 {
            changes.append { try $0.flip(path, at: offset, bits: UInt8(1 << (offset % 8))) }
        }
        for length in [0, 1, 100, 128, size / 2, size - 1] {
            changes.append { try $0.cut(path, to: length) }
        }
        changes.append { try $0.put($0.bytes(of: paths[1]), at: path) }
        changes.append { try $0.put($0.bytes(of: path) + [0], at: path) }
        for (number, change) in changes.enumerated() {
            let disk = specimen.disk.fork()
            try change(disk)
            let report = try verify(disk)
            #expect(report.damages == [], "change \(number)")
            #expect(
                report.searchDamages.map(\.file) == [specimen.folder.name(path)],
                "change \(number)")
            #expect(report.searchFiles == paths.count - 1)
        }
    }

    @Test func theLanguageIsThatOfTheSearchFiles() throws {
        let specimen = try specimen()
        let none = try StoreSnapshot.take(of: specimen.folder) { _ in }
        #expect(try none.searchLanguage() == nil)
        let second = try Specimen()
        try second.work(seed: 24, steps: 200)
        _ = try second.writeSearchFiles(language: "german")
        let german = try StoreSnapshot.take(of: second.folder) { _ in }
        #expect(try german.searchLanguage() == "german")
    }

    @Test func aTornTailIsNoDamage() throws {
        let specimen = try Specimen()
        for number in 0..<20 { try specimen.put("key \(number)", Specimen.text(number, 200)) }
        let disk = specimen.disk.fork()
        let snapshot = try StoreSnapshot.take(of: specimen.folder) { _ in }
        let torn = snapshot.log.frame(15)
        try disk.flip(Specimen.directory + "/" + torn.file, at: Int(torn.offset) + 50)
        let report = try verify(disk)
        #expect(report.damages == [])
        #expect(report.records == 15)
        #expect(report.logEnd?.tornBytes ?? 0 > 0)
        #expect(report.logEnd?.isOrderly == false)
    }
}
