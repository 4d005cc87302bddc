import CacheBase
import CacheEngine
import CacheFiles
import CacheFormat
import CacheInspect
import Testing

/// What a repair saves, and what it says of the rest.
struct RepairTests {
    private static let target = "repaired"

    private func specimen(seed: UInt64, isOrderly: Bool = true) throws -> Specimen {
        let specimen = try Specimen()
        try specimen.work(seed: seed)
        try specimen.engine.waitUntilDurable(specimen.engine.lastLSN)
        if isOrderly { specimen.engine.close() }
        return specimen
    }

    private func repair(_ specimen: Specimen, _ disk: SimulatedFileSystem) throws -> RepairReport {
        try Repair(
            of: StoreFolder(Specimen.directory, files: disk), to: Self.target,
            clock: .manual(start: specimen.clock.now())
        ).run()
    }

    @Test(arguments: [true, false])
    func aWholeFolderIsSavedWhole(isOrderly: Bool) throws {
        let specimen = try specimen(seed: 31, isOrderly: isOrderly)
        let disk = specimen.disk.fork()
        let before = try disk.files.filter { $0.path.hasPrefix("data/") }.map {
            try disk.bytes(of: $0.path)
        }
        let report = try repair(specimen, disk)
        #expect(report.losses == [])
        #expect(report.savedEntries == specimen.live.count)
        #expect(try specimen.contents(of: disk, in: Self.target) == specimen.live)
        #expect(report.nextLSN > specimen.engine.lastLSN)
        let folder = StoreFolder(Self.target, files: disk)
        let checkpoint = try folder.checkpoint(of: try folder.store().id)
        #expect(checkpoint.incarnation == 1)
        let commits = checkpoint.histories.flatMap(\.groups).reduce(0) { sum, group in
            sum + (0..<TransactionHistory.Group.size).count { group[$0] == .committed }
        }
        #expect(commits == specimen.commits)
        let after = try disk.files.filter { $0.path.hasPrefix("data/") }.map {
            try disk.bytes(of: $0.path)
        }
        #expect(before == after)
    }

    @Test func searchFilesAreLeftOutAndTheirDamageIsNoLoss() throws {
        let specimen = try Specimen()
        try specimen.work(seed: 33)
        let paths = try specimen.writeSearchFiles()
        try specimen.engine.waitUntilDurable(specimen.engine.lastLSN)
        specimen.engine.close()
        for path in paths { try specimen.disk.flip(path, at: 200) }
        let disk = specimen.disk.fork()
        let report = try repair(specimen, disk)
        #expect(report.losses == [])
        #expect(try specimen.contents(of: disk, in: Self.target) == specimen.live)
        let names = try disk.list(Self.target + "/segments")
        #expect(!names.isEmpty && !names.contains { $0.hasSuffix(".fts") })
    }

    @Test func theNewFolderVerifiesAndGoesOn() throws {
        let specimen = try specimen(seed: 32)
        let disk = specimen.disk.fork()
        try disk.remove("data/CHECKPOINT")
        let report = try repair(specimen, disk)
        let folder = StoreFolder(Self.target, files: disk)
        #expect(try Verifier(folder, threads: 1).run().damages == [])
        var options = Specimen.options
        options.directory = Self.target
        let engine = try Engine.open(options, files: disk, clock: specimen.clock)
        let lsn = try "new".withBytes { bytes in
            try engine.put(
                engine.key(bytes), value: bytes, contentType: bytes, expiry: .never
            ).lsn
        }
        #expect(lsn >= report.nextLSN)
        while try engine.flush() {}
        engine.close()
        #expect(try Verifier(folder, threads: 1).run().damages == [])
    }

    @Test func aRepairIsNeverMadeInPlaceNorOverAnything() throws {
        let specimen = try specimen(seed: 33)
        for target in ["data", "data/inner", "data/"] {
            #expect(throws: StorageError(.invalid, "")) {
                try Repair(of: specimen.folder, to: target, clock: specimen.clock).run()
            }
        }
        try specimen.disk.put([1], at: "full/file")
        #expect(throws: StorageError(.invalid, "")) {
            try Repair(of: specimen.folder, to: "full", clock: specimen.clock).run()
        }
        #expect(throws: StorageError(.notFound, "")) {
            let folder = StoreFolder("nowhere", files: specimen.disk)
            _ = try Repair(of: folder, to: "new", clock: specimen.clock).run()
        }
        #expect(throws: StorageError(.foreign, "")) {
            let folder = StoreFolder("full", files: specimen.disk)
            _ = try Repair(of: folder, to: "new", clock: specimen.clock).run()
        }
    }

    @Test func aLostCheckpointIsSaid() throws {
        let specimen = try specimen(seed: 34)
        let disk = specimen.disk.fork()
        try disk.flip("data/CHECKPOINT", at: 100)
        let report = try repair(specimen, disk)
        #expect(report.losses.map(\.file) == ["CHECKPOINT"])
        #expect(report.losses.allSatisfy { $0.mayRevive })
        let found = try specimen.contents(of: disk, in: Self.target)
        for (key, lsn) in specimen.live { #expect(found[key] == lsn) }
    }

    @Test func theEntriesOfALostBlockAreCounted() throws {
        let specimen = try specimen(seed: 35)
        let (path, _) = try #require(
            specimen.disk.files.filter { $0.path.hasSuffix(".seg") }.max { $0.size < $1.size })
        let disk = specimen.disk.fork()
        try disk.flip(path, at: 64 + 50)
        let report = try repair(specimen, disk)
        let found = try specimen.contents(of: disk, in: Self.target)
        let lost = specimen.live.filter { found[$0.key] != $0.value }.count
        #expect(report.losses.count == 1)
        #expect(report.losses[0].file == specimen.folder.name(path))
        #expect(report.losses[0].range?.lowerBound == 64)
        #expect(report.losses[0].entries == lost)
        #expect(!report.losses[0].mayRevive)
    }

    @Test func recordsCutOffByAStartStayCutOff() throws {
        let disk = SimulatedFileSystem(seed: 3)
        var specimen = try Specimen(disk: disk)
        for number in 0..<10 { try specimen.put("key \(number)", "first") }
        try specimen.engine.waitUntilDurable(specimen.engine.lastLSN)
        for number in 0..<10 { try specimen.put("lost \(number)", Specimen.text(number, 600)) }
        let snapshot = try StoreSnapshot.take(of: specimen.folder) { _ in }
        let torn = snapshot.log.frame(12)
        disk.crash(.process)
        try disk.flip("data/" + torn.file, at: Int(torn.offset) + 45)
        specimen = try Specimen(disk: disk)
        #expect(specimen.engine.recovery.tornBytes > 0)
        try specimen.put("after", "the crash")
        specimen.engine.close()
        let copy = disk.fork()
        let report = try repair(specimen, copy)
        #expect(report.losses == [])
        let engine = try Engine.open(
            {
                var options = Specimen.options
                options.directory = Self.target
                return options
            }(), files: copy, clock: specimen.clock)
        #expect(engine.statistics().liveEntries == 13)
        engine.close()
    }
}
