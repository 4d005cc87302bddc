import CacheBase
import CacheFiles
import Testing

/// What a crash of the simulated machine does to programs, and how one is planned.
@Suite("Crash")
struct CrashTests {
    private let crashed = StorageError(.io, "")

    @Test func theDeathOfAProcessLosesNothing() throws {
        let system = SimulatedFileSystem(seed: 1)
        let mapped = try system.map("log", length: 4096)
        mapped.store([1, 2], at: 4094)
        try system.make("a", [3])
        try system.rename("a", to: "b")
        system.crash(.process)
        #expect(try system.list(".") == ["b", "log"])
        #expect(try system.contents("b") == [3])
        #expect(try system.map("log", length: 4096).bytes(2, at: 4094) == [1, 2])
    }

    @Test func whatIsUnsyncedStaysUnsyncedWhenAProcessDies() throws {
        var outcomes: Set<[UInt8]> = []
        for seed in UInt64(1)...100 {
            let system = SimulatedFileSystem(seed: 1)
            let file = try system.make("file", [1], synced: true)
            try system.syncDirectory(".")
            try file.write([2], at: 0)
            system.crash(.process)
            #expect(try system.contents("file") == [2])
            system.crash(.power(seed: seed))
            outcomes.insert(try system.contents("file"))
        }
        #expect(outcomes == [[1], [2]])
    }

    @Test(arguments: [Crash.process, .power(seed: 4)])
    func handlesAndLocksEndWithTheMachine(crash: Crash) throws {
        let system = SimulatedFileSystem(seed: 1)
        let lock = try system.lockDirectory(".")
        let file = try system.make("file", [1], synced: true)
        let mapped = try system.map("log", length: 4096)
        try system.syncDirectory(".")
        system.crash(crash)
        #expect(throws: crashed) { try file.size() }
        #expect(throws: crashed) { try file.bytes(1, at: 0) }
        #expect(throws: crashed) { try file.write([2], at: 0) }
        #expect(throws: crashed) { try file.truncate(to: 0) }
        #expect(throws: crashed) { try file.sync() }
        #expect(throws: crashed) { try mapped.sync() }
        #expect(throws: crashed) { try mapped.populate(offset: 0, length: 1) }
        mapped.store([9], at: 0)
        #expect(mapped.bytes(1, at: 0) == [9])
        #expect(try system.map("log", length: 4096).bytes(1, at: 0) == [0])
        #expect(try system.contents("file") == [1])
        let next = try system.lockDirectory(".")
        lock.release()
        #expect(throws: StorageError(.locked, "")) { try system.lockDirectory(".") }
        next.release()
        system.checkInvariants()
    }

    @Test func aPlannedCrashStopsEverythingUntilTheRestart() throws {
        let system = SimulatedFileSystem(seed: 1)
        let file = try system.make("file", [1])
        system.planCrash(atMutation: 3)
        try file.write([2], at: 0)
        _ = try file.bytes(1, at: 0)
        try file.sync()
        #expect(!system.isDown)
        let error = #expect(throws: StorageError.self) { try file.write([3], at: 0) }
        #expect(error?.message == "crashed")
        #expect(system.isDown)
        #expect(throws: crashed) { try file.bytes(1, at: 0) }
        #expect(throws: crashed) { try system.list(".") }
        #expect(throws: crashed) { try system.createDirectory("folder") }
        #expect(throws: crashed) { try system.map("log", length: 4096) }
        #expect(throws: crashed) { try system.lockDirectory(".") }
        #expect(!system.exists("file"))
        system.crash(.process)
        #expect(!system.isDown)
        #expect(try [[2], [3]].contains(system.contents("file")))
    }

    @Test func theOperationOfTheCrashIsDoneInPartOrNotAtAll() throws {
        var (written, names): (Set<Int>, Set<[String]>) = ([], [])
        for seed in UInt64(1)...200 {
            let system = SimulatedFileSystem(seed: seed)
            let file = try system.make("file", [])
            system.planCrash(atMutation: 1)
            #expect(throws: crashed) { try file.write(repeated(1, 10), at: 0) }
            system.crash(.process)
            written.insert(try system.contents("file").count)
            system.planCrash(atMutation: 1)
            #expect(throws: crashed) { try system.rename("file", to: "renamed") }
            system.crash(.process)
            names.insert(try system.list("."))
        }
        #expect(written == Set(0...10))
        #expect(names == [["file"], ["renamed"]])
    }

    /// Every point of the two procedures that all recovery rests on.
    @Test func aReplacementIsOldOrNewAtEveryPoint() throws {
        let (old, new) = (repeated(1, 1500), repeated(2, 2500))
        var outcomes: Set<[UInt8]> = []
        for seed in UInt64(1)...1000 {
            let system = SimulatedFileSystem(seed: seed)
            try system.replace("file", with: old)
            system.planCrash(atMutation: 1 + Int(seed % 6))
            let isDone = (try? system.replace("file", with: new)) != nil
            system.crash(seed.isMultiple(of: 7) ? .process : .power(seed: seed))
            let left = try system.contents("file")
            try #require(left == new || (!isDone && left == old), "seed \(seed)")
            outcomes.insert(left)
        }
        #expect(outcomes.count == 2)
    }

    @Test func aMappedFileIsWholeOrAbsentAtEveryPointOfItsCreation() throws {
        var outcomes: Set<[String]> = []
        for seed in UInt64(1)...500 {
            let system = SimulatedFileSystem(seed: seed)
            system.planCrash(atMutation: 1 + Int(seed % 3))
            let isDone =
                (try? system.map("log", length: 4096)) != nil
                && (try? system.syncDirectory(".")) != nil
            system.crash(seed.isMultiple(of: 5) ? .process : .power(seed: seed))
            outcomes.insert(try system.list("."))
            try #require(!isDone || system.exists("log"), "seed \(seed)")
            let mapped = try system.map("log", length: 4096)
            try #require(mapped.bytes(4096, at: 0) == repeated(0, 4096), "seed \(seed)")
        }
        #expect(outcomes == [[], ["log"], ["log.new"]])
    }

    @Test func threadsOfADeadMachineAreToldSo() async throws {
        let system = SimulatedFileSystem(seed: 1)
        let files = try (0..<4).map { try system.open("file\($0)", .create) }
        try system.syncDirectory(".")
        await withTaskGroup(of: Int.self) { group in
            for file in files {
                group.addTask {
                    var synced = 0
                    while (try? file.write(repeated(7, 700), at: UInt64(synced * 700))) != nil,
                        (try? file.sync()) != nil
                    {
                        synced += 1
                        // The crash below waits for a thread, of which there may be but one.
                        await Task.yield()
                    }
                    return synced
                }
            }
            // Not before there is something to lose.
            while system.counts[.sync] < 100 { await Task.yield() }
            system.crash(.power(seed: 1))
            let synced = await group.reduce(0, +)
            #expect(synced >= 100 - files.count)
            #expect(system.files.reduce(0) { $0 + $1.size } >= synced * 700)
        }
        system.checkInvariants()
    }

    @Test func aForkIsAMachineOfItsOwn() throws {
        let system = SimulatedFileSystem(seed: 1)
        let mapped = try system.map("log", length: 4096)
        let lock = try system.lockDirectory(".")
        mapped.store([1], at: 0)
        let fork = system.fork()
        mapped.store([2], at: 0)
        try fork.lockDirectory(".").release()
        #expect(try fork.map("log", length: 4096).bytes(1, at: 0) == [1])
        try fork.remove("log")
        try mapped.sync()
        #expect(system.exists("log"))
        lock.release()
    }
}
