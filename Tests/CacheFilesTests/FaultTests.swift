import CacheBase
import CacheFiles
import Testing

/// Planned failures, full disks and damaged bytes of the simulated form.
@Suite("Faults")
struct FaultTests {
    private let failure = StorageError(.io, "")

    @Test func theNthMatchingOperationFailsOnce() throws {
        let system = SimulatedFileSystem(seed: 1)
        let file = try system.make("file", [1])
        system.inject(FileFault(.io, code: 24, on: [.sync], nth: 2))
        try file.sync()
        try file.write([2], at: 0)
        let error = #expect(throws: StorageError.self) { try file.sync() }
        #expect(error?.kind == .io)
        #expect(error?.code == 24)
        #expect(error?.file == "file")
        try file.sync()
    }

    @Test func aPersistentFaultLastsUntilHealed() throws {
        let system = SimulatedFileSystem(seed: 1)
        let file = try system.make("file", [1])
        system.inject(FileFault(.io, on: .mutating, nth: 2, isPersistent: true))
        try file.sync()
        for _ in 0..<3 { #expect(throws: failure) { try file.sync() } }
        #expect(try file.bytes(1, at: 0) == [1])
        #expect(throws: failure) { try system.remove("file") }
        system.crash(.process)
        #expect(throws: failure) { try system.remove("file") }
        system.heal()
        try system.remove("file")
    }

    @Test func aFaultMayBeOfSomeFilesOnly() throws {
        let system = SimulatedFileSystem(seed: 1)
        system.inject(
            FileFault(.noSpace, on: .all, pathSuffix: "manifest", isPersistent: true))
        try system.make("file", [1])
        #expect(throws: StorageError(.noSpace, "")) { try system.open("manifest", .create) }
        #expect(try system.list(".") == ["file"])
    }

    @Test func aFailedWriteHasWrittenSomePrefix() throws {
        var lengths: Set<Int> = []
        for seed in UInt64(1)...300 {
            let system = SimulatedFileSystem(seed: seed)
            let file = try system.make("file", [])
            system.inject(FileFault(.noSpace, on: [.write]))
            #expect(throws: StorageError(.noSpace, "")) {
                try file.write([1, 2, 3, 4, 5], at: 0)
            }
            let left = try system.contents("file")
            try #require(left.elementsEqual([1, 2, 3, 4, 5].prefix(left.count)), "seed \(seed)")
            lengths.insert(left.count)
        }
        #expect(lengths == Set(0...5))
    }

    @Test func aFailedMappingLeavesNothing() throws {
        let system = SimulatedFileSystem(seed: 1)
        system.inject(FileFault(.noSpace, on: [.map]))
        #expect(throws: StorageError(.noSpace, "")) { try system.map("log", length: 4096) }
        #expect(try system.list(".").isEmpty)
    }

    // MARK: Syncs that fail

    @Test func whatAFailedSyncDroppedIsLostThoughALaterSyncSucceeds() throws {
        let system = SimulatedFileSystem(seed: 1)
        let file = try system.make("file", repeated(1, 1024), synced: true)
        let mapped = try system.map("log", length: 4096)
        try system.syncDirectory(".")
        try file.write(repeated(2, 512), at: 0)
        mapped.store([2], at: 0)
        system.inject(FileFault(.io, on: [.sync], pathSuffix: "file"))
        system.inject(FileFault(.io, on: [.sync], pathSuffix: "log"))
        #expect(throws: failure) { try file.sync() }
        #expect(throws: failure) { try mapped.sync() }
        // Other sectors, written later, are as durable as ever.
        try file.write(repeated(3, 512), at: 512)
        mapped.store([3], at: 512)
        try file.sync()
        try mapped.sync()
        #expect(try system.contents("file").first == 2)
        for seed in UInt64(1)...100 {
            let copy = system.fork()
            copy.crash(.power(seed: seed))
            try #require(try copy.contents("file") == repeated(1, 512) + repeated(3, 512))
            let log = try copy.map("log", length: 4096)
            try #require(log.bytes(1, at: 0) + log.bytes(1, at: 512) == [0, 3])
        }
    }

    @Test func whatIsWrittenAgainAfterAFailedSyncCanBeSynced() throws {
        let system = SimulatedFileSystem(seed: 1)
        let file = try system.make("file", [1, 1], synced: true)
        try system.syncDirectory(".")
        try file.write([2], at: 0)
        system.inject(FileFault(.io, on: [.sync]))
        #expect(throws: failure) { try file.sync() }
        try file.write([3], at: 1)
        try file.sync()
        system.crash(.power(seed: 8))
        #expect(try system.contents("file") == [2, 3])
    }

    @Test func anExtensionWhoseSyncFailedIsAHole() throws {
        let system = SimulatedFileSystem(seed: 1)
        let file = try system.make("file", [], synced: true)
        try system.syncDirectory(".")
        try file.write(repeated(1, 512), at: 0)
        system.inject(FileFault(.io, on: [.sync]))
        #expect(throws: failure) { try file.sync() }
        let lost = system.fork()
        lost.crash(.power(seed: 2))
        #expect(try lost.contents("file") == [])
        try file.write(repeated(2, 512), at: 512)
        try file.sync()
        system.crash(.power(seed: 2))
        #expect(try system.contents("file") == repeated(0, 512) + repeated(2, 512))
    }

    @Test func theDeathOfAProcessHidesAFailedSync() throws {
        let system = SimulatedFileSystem(seed: 1)
        let file = try system.make("file", [1], synced: true)
        try system.syncDirectory(".")
        try file.write([2], at: 0)
        system.inject(FileFault(.io, on: [.sync]))
        #expect(throws: failure) { try file.sync() }
        system.crash(.process)
        try system.open("file", .read).sync()
        #expect(try system.contents("file") == [2])
        system.crash(.power(seed: 3))
        #expect(try system.contents("file") == [1])
    }

    // MARK: Full disks

    @Test func aFullDiskTakesWhatFitsAndHeals() throws {
        let system = SimulatedFileSystem(seed: 1, capacityBytes: 1000)
        let full = StorageError(.noSpace, "")
        let file = try system.make("file", repeated(1, 600))
        #expect(throws: full) { try system.map("log", length: 401) }
        #expect(try system.list(".") == ["file"])
        let other = try system.make("other", [])
        #expect(throws: full) { try other.write(repeated(2, 500), at: 0) }
        #expect(try other.size() == 400)
        #expect(try system.availableBytes(".") == 0)
        #expect(throws: full) { try system.open("third", .create) }
        #expect(throws: full) { try file.truncate(to: 601) }
        try file.write(repeated(3, 600), at: 0)
        try system.remove("other")
        try system.make("third", repeated(2, 400))
        system.capacityBytes = 2000
        _ = try system.map("log", length: 1000)
        system.capacityBytes = 10
        #expect(throws: full) { try system.make("fourth", [1]) }
        #expect(try system.contents("third") == repeated(2, 400))
    }

    @Test func aReplacementOnAFullDiskKeepsTheOldContent() throws {
        let system = SimulatedFileSystem(seed: 1, capacityBytes: 1000)
        try system.replace("file", with: repeated(1, 600))
        #expect(throws: StorageError(.noSpace, "")) {
            try system.replace("file", with: repeated(2, 600))
        }
        #expect(try system.list(".") == ["file"])
        #expect(try system.contents("file") == repeated(1, 600))
    }

    // MARK: Damage and observation

    @Test func damageIsSeenAtOnceAndForEver() throws {
        let system = SimulatedFileSystem(seed: 1)
        try system.make("file", repeated(0xF0, 1000), synced: true)
        let mapped = try system.map("log", length: 4096)
        try system.syncDirectory(".")
        try system.flip("file", at: 3)
        try system.flip("log", at: 4095, bits: 0x81)
        try system.zero("file", at: 990, count: 10)
        try system.cut("file", to: 995)
        var expected = repeated(0xF0, 990) + repeated(0, 5)
        expected[3] = 0xF1
        #expect(try system.contents("file") == expected)
        #expect(mapped.bytes(1, at: 4095) == [0x81])
        for seed in UInt64(1)...20 {
            let copy = system.fork()
            copy.crash(.power(seed: seed))
            #expect(try copy.contents("file") == expected)
            #expect(try copy.map("log", length: 4096).bytes(1, at: 4095) == [0x81])
        }
        #expect(throws: StorageError(.notFound, "")) { try system.flip("none", at: 0) }
    }

    @Test func listsAllFilesWithTheirSizes() throws {
        let system = SimulatedFileSystem(seed: 1)
        try system.createDirectory("folder")
        try system.make("folder/b", [1, 2])
        try system.make("a", [])
        #expect(system.files.map(\.path) == ["a", "folder/b"])
        #expect(system.files.map(\.size) == [0, 2])
    }

    @Test func countsWhatItIsAskedFor() throws {
        let system = SimulatedFileSystem(seed: 1)
        let file = try system.make("file", [1, 2, 3], synced: true)
        try file.write([4], at: 0)
        _ = try file.bytes(2, at: 0)
        try? system.remove("none")
        let counts = system.counts
        #expect(counts[.create] == 1)
        #expect(counts[.write] == 2)
        #expect(counts[.sync] == 1)
        #expect(counts[.read] == 1)
        #expect(counts[.remove] == 1)
        #expect(counts.bytesWritten == 4)
        #expect(counts.mutating == 5)
        #expect(counts.all == 6)
    }

    @Test func aColdCacheAnswersNoCachedRead() throws {
        let system = SimulatedFileSystem(seed: 1)
        let file = try system.make("file", [1])
        system.readsCached = false
        var buffer: [UInt8] = [0]
        #expect(try buffer.withUnsafeMutableBytes { try file.readCached(into: $0, at: 0) } == nil)
        system.readsCached = true
        #expect(try buffer.withUnsafeMutableBytes { try file.readCached(into: $0, at: 0) } == 1)
    }
}
