import CacheBase
import CacheEngine
import CacheFiles
import CacheInspect
import Testing

/// Reading entries of a folder that no server serves.
struct EntryTests {
    private func entries(_ specimen: Specimen) throws -> [String: LSN] {
        let snapshot = try StoreSnapshot.take(of: specimen.folder) { _ in }
        var walk = EntryWalk(snapshot, at: specimen.clock.now())
        var found: [String: LSN] = [:]
        try walk.run { entry, _ in
            let key = String(decoding: entry.key, as: UTF8.self)
            #expect(found[key] == nil, "\(key) is there twice")
            found[key] = entry.lsn
            #expect(
                specimen.version(entry.lsn, of: key)
                    == Specimen.Version(
                        key: key, value: Array(entry.value),
                        type: String(decoding: entry.contentType, as: UTF8.self),
                        expiry: entry.expiry))
        }
        #expect(walk.damages.isEmpty)
        return found
    }

    @Test(arguments: [true, false])
    func theLiveEntriesAreThoseOfTheEngine(isOrderly: Bool) throws {
        let specimen = try Specimen()
        try specimen.work(seed: 11)
        if isOrderly { specimen.engine.close() }
        #expect(try entries(specimen) == specimen.live)
    }

    @Test func anEntryWhoseTimeHasComeIsNotLive() throws {
        let specimen = try Specimen()
        try specimen.put("brief", "in a segment", ttl: 1000)
        try specimen.put("lasting", "in a segment")
        try specimen.flush()
        try specimen.put("brief too", "in the log", ttl: 1000)
        #expect(try entries(specimen).count == 3)
        specimen.clock.advance(milliseconds: 1000)
        #expect(try entries(specimen).keys.sorted() == ["lasting"])
    }

    @Test func oneKeyIsFoundInTheLogAndInSegments() throws {
        let specimen = try Specimen()
        try specimen.work(seed: 12)
        let snapshot = try StoreSnapshot.take(of: specimen.folder) { _ in }
        var places: Set<Bool> = []
        for key in specimen.keys {
            var lookup = EntryLookup(snapshot, at: specimen.clock.now())
            var lsn: LSN?
            let isFound = try lookup.find(Array(key.utf8)) { entry, place in
                lsn = entry.lsn
                if case .log = place { places.insert(true) } else { places.insert(false) }
            }
            #expect(isFound == (specimen.live[key] != nil))
            #expect(lsn == specimen.live[key])
        }
        #expect(places == [true, false])
    }

    @Test func withoutHintsTheBlocksTell() throws {
        let specimen = try Specimen()
        try specimen.work(seed: 13)
        specimen.engine.close()
        let whole = try StoreFigures(
            StoreSnapshot.take(of: specimen.folder) { _ in }, at: specimen.clock.now())
        for file in specimen.disk.files where file.path.hasSuffix(".hint") {
            try specimen.disk.remove(file.path)
        }
        let snapshot = try StoreSnapshot.take(of: specimen.folder) { _ in }
        let figures = try StoreFigures(snapshot, at: specimen.clock.now())
        #expect(figures.liveEntries == UInt64(specimen.live.count))
        #expect(figures.liveEntries == whole.liveEntries)
        #expect(figures.deadEntries == whole.deadEntries)
        #expect(figures.remaining.counts == whole.remaining.counts)
        #expect(figures.hintBytes == 0 && whole.hintBytes > 0)
    }

    @Test func aFolderThatIsNoStoreIsRefusedUntouched() throws {
        let disk = SimulatedFileSystem(seed: 1)
        #expect(throws: StorageError(.notFound, "")) {
            try StoreSnapshot.take(of: StoreFolder("nowhere", files: disk)) { _ in }
        }
        try disk.put([1, 2, 3], at: "data/STORE")
        #expect(throws: StorageError(.foreign, "")) {
            try StoreSnapshot.take(of: StoreFolder("data", files: disk)) { _ in }
        }
        #expect(try disk.list("data") == ["STORE"])
    }

    /// A version is believed where the checksum confirms it; otherwise it is damage.
    @Test(arguments: [("STORE", 0, 40), (".seg", 0, 60), (".hint", 0, 44), (".wal", 0, 52)])
    func aNewerFormatIsRefused(kind: String, start: Int, checksum: Int) throws {
        let specimen = try Specimen()
        try specimen.work(seed: 14, steps: 100)
        specimen.engine.close()
        let file = try #require(specimen.disk.files.first { $0.path.hasSuffix(kind) })
        var bytes = try specimen.disk.bytes(of: file.path)
        bytes[start + 6] = 9
        try specimen.disk.put(bytes, at: file.path)
        #expect(try !Verifier(specimen.folder, threads: 1).run().damages.isEmpty)
        let sum = bytes[start..<checksum].withUnsafeBytes { CRC32C.of($0) }
        withUnsafeBytes(of: sum.littleEndian) { sum in
            bytes.replaceSubrange(checksum..<(checksum + 4), with: sum)
        }
        try specimen.disk.put(bytes, at: file.path)
        #expect(throws: StorageError(.newerFormat, "")) {
            try Verifier(specimen.folder, threads: 1).run()
        }
        if kind != ".hint" {
            #expect(throws: StorageError(.newerFormat, "")) {
                try Repair(of: specimen.folder, to: "new", clock: specimen.clock).run()
            }
        }
    }
}
