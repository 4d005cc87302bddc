import CacheBase
import CacheFiles
import Testing

/// That the simulation loses what it may, all that it may, and nothing else.
@Suite("Power loss")
struct PowerLossTests {
    private static let sector = 512

    /// One disk, crashed in a thousand ways.
    private func afterEachLoss(
        of system: SimulatedFileSystem, seeds: ClosedRange<UInt64> = 1...1000,
        _ check: (SimulatedFileSystem, UInt64) throws -> Void
    ) throws {
        for seed in seeds {
            let copy = system.fork()
            copy.crash(.power(seed: seed))
            try check(copy, seed)
        }
    }

    @Test func aSyncedByteIsNeverLost() throws {
        let system = SimulatedFileSystem(seed: 1)
        let file = try system.make("file", repeated(1, 3000), synced: true)
        let mapped = try system.map("log", length: 8192)
        mapped.store(repeated(2, 3000), at: 100)
        try mapped.sync()
        try system.syncDirectory(".")
        // Noise that is not synced, around the bytes that are.
        try file.write(repeated(9, 5000), at: 3072)
        mapped.store(repeated(9, 2000), at: 3584)
        try system.make("other", repeated(9, 2000))
        try afterEachLoss(of: system) { system, seed in
            let left = try system.contents("file")
            try #require(left.starts(with: repeated(1, 3000)), "seed \(seed)")
            let log = try system.map("log", length: 8192)
            try #require(log.bytes(3000, at: 100) == repeated(2, 3000), "seed \(seed)")
        }
    }

    @Test func eachUnsyncedSectorIsKeptOrLostByItself() throws {
        let system = SimulatedFileSystem(seed: 1)
        let file = try system.make("file", repeated(1, 3 * Self.sector), synced: true)
        try system.syncDirectory(".")
        try file.write(repeated(2, 3 * Self.sector), at: 0)
        var outcomes: Set<[UInt8]> = []
        try afterEachLoss(of: system) { system, seed in
            let left = try system.contents("file")
            let firsts = stride(from: 0, to: left.count, by: Self.sector).map { left[$0] }
            try #require(left == firsts.flatMap { repeated($0, Self.sector) }, "seed \(seed)")
            outcomes.insert(firsts)
        }
        // None, all, and every torn one between, the last without the first among them.
        #expect(outcomes.count == 8)
    }

    @Test func aLaterWriteSurvivesAnEarlierOneAcrossFilesAndMappings() throws {
        let system = SimulatedFileSystem(seed: 1)
        let mapped = try system.map("log", length: 4096)
        let file = try system.make("file", [1], synced: true)
        try system.syncDirectory(".")
        mapped.store([2], at: 0)
        try file.write([2], at: 0)
        var outcomes: Set<[UInt8]> = []
        try afterEachLoss(of: system) { system, _ in
            let first = try system.map("log", length: 4096).bytes(1, at: 0)
            outcomes.insert(first + (try system.contents("file")))
        }
        #expect(outcomes == [[0, 1], [0, 2], [2, 1], [2, 2]])
    }

    @Test func anUnsyncedExtensionEndsAnywhereAndHoldsNewBytesOrZeros() throws {
        let system = SimulatedFileSystem(seed: 1)
        let file = try system.make("file", repeated(1, 100), synced: true)
        try system.syncDirectory(".")
        try file.write(repeated(2, 2000), at: 100)
        var lengths: Set<Int> = []
        var values: Set<UInt8> = []
        try afterEachLoss(of: system) { system, seed in
            let left = try system.contents("file")
            try #require(left.starts(with: repeated(1, 100)), "seed \(seed)")
            try #require((100...2100).contains(left.count), "seed \(seed)")
            lengths.insert(left.count)
            values.formUnion(left.dropFirst(100))
        }
        #expect(lengths.isSuperset(of: [100, 2100]) && lengths.count > 100)
        #expect(values == [0, 2])
    }

    @Test func anUnsyncedCutIsKeptOrLost() throws {
        let system = SimulatedFileSystem(seed: 1)
        let file = try system.make("file", repeated(1, 2000), synced: true)
        try system.syncDirectory(".")
        try file.truncate(to: 700)
        var lengths: Set<Int> = []
        try afterEachLoss(of: system) { system, seed in
            let left = try system.contents("file")
            try #require(left == repeated(1, left.count), "seed \(seed)")
            lengths.insert(left.count)
        }
        #expect(lengths == [700, 2000])
    }

    @Test func whatWasWrittenBackMayBeOlderThanWhatWasWrittenLast() throws {
        let system = SimulatedFileSystem(seed: 5)
        let file = try system.make("file", [1], synced: true)
        try system.syncDirectory(".")
        var outcomes: Set<[UInt8]> = []
        for seed in UInt64(1)...200 {
            let copy = system.fork()
            let again = try copy.open("file", .readWrite)
            try again.write([UInt8(2)], at: 0)
            copy.writeBack()
            try again.write([3], at: 0)
            copy.crash(.power(seed: seed))
            outcomes.insert(try copy.contents("file"))
        }
        #expect(outcomes == [[1], [2], [3]])
        withExtendedLifetime(file) {}
    }

    @Test func theSameSeedLeavesTheSame() throws {
        func run(_ seed: UInt64) throws -> [String] {
            let system = SimulatedFileSystem(seed: seed)
            var random = Xoshiro256(seed: seed)
            for index in 0..<20 {
                try system.make("f\(index)", repeated(UInt8(index), random.below(4000)))
                if random.coin() { try system.rename("f\(index)", to: "g\(random.below(9))") }
                if random.below(8) == 0 { try system.syncDirectory(".") }
            }
            system.crash(.power(seed: random.next()))
            return try system.list(".").map { "\($0) \(try system.contents($0))" }
        }
        #expect(try run(11) == run(11))
        #expect(try run(11) != run(12))
    }
}

/// The same of names.
@Suite("Power loss of names")
struct NameLossTests {
    private func outcomes(of system: SimulatedFileSystem) throws -> Set<[String]> {
        var outcomes: Set<[String]> = []
        for seed in UInt64(1)...300 {
            let copy = system.fork()
            copy.crash(.power(seed: seed))
            outcomes.insert(
                try copy.list(".").map { name in "\(name) \(try copy.contents(name))" })
        }
        return outcomes
    }

    @Test func aSyncedFileMayLoseItsName() throws {
        let system = SimulatedFileSystem(seed: 1)
        try system.make("file", [1], synced: true)
        #expect(try outcomes(of: system) == [[], ["file [1]"]])
        try system.syncDirectory(".")
        #expect(try outcomes(of: system) == [["file [1]"]])
    }

    @Test func aNameMayOutliveTheContent() throws {
        let system = SimulatedFileSystem(seed: 1)
        try system.make("file", [1])
        try system.syncDirectory(".")
        #expect(try outcomes(of: system) == [["file []"], ["file [0]"], ["file [1]"]])
    }

    @Test func anUnsyncedRenameIsOldOrNew() throws {
        let system = SimulatedFileSystem(seed: 1)
        try system.make("old", [1], synced: true)
        try system.make("new", [2], synced: true)
        try system.syncDirectory(".")
        try system.rename("new", to: "old")
        #expect(try outcomes(of: system) == [["new [2]", "old [1]"], ["old [2]"]])
        try system.syncDirectory(".")
        #expect(try outcomes(of: system) == [["old [2]"]])
    }

    @Test func anUnsyncedRemovalMayBeUndone() throws {
        let system = SimulatedFileSystem(seed: 1)
        try system.make("file", [1], synced: true)
        try system.syncDirectory(".")
        try system.remove("file")
        #expect(try outcomes(of: system) == [[], ["file [1]"]])
        try system.syncDirectory(".")
        #expect(try outcomes(of: system) == [[]])
    }

    @Test func changesOfNamesAreLostInNoOrder() throws {
        let system = SimulatedFileSystem(seed: 1)
        try system.make("a", [1], synced: true)
        try system.make("b", [2], synced: true)
        #expect(
            try outcomes(of: system) == [[], ["a [1]"], ["b [2]"], ["a [1]", "b [2]"]])
    }

    @Test func eitherFolderMakesAMoveDurable() throws {
        for synced in ["one", "two"] {
            let system = SimulatedFileSystem(seed: 1)
            try system.createDirectory("one")
            try system.createDirectory("two")
            try system.make("one/file", [1], synced: true)
            try system.rename("one/file", to: "two/file")
            try system.syncDirectory(synced)
            for seed in UInt64(1)...100 {
                let copy = system.fork()
                copy.crash(.power(seed: seed))
                try #require(copy.files.map(\.path) == ["two/file"], "seed \(seed)")
            }
        }
    }

    @Test func syncingOneFolderLeavesTheOtherToChance() throws {
        let system = SimulatedFileSystem(seed: 1)
        try system.createDirectory("one")
        try system.make("one/file", [1], synced: true)
        try system.make("file", [2], synced: true)
        try system.syncDirectory("one")
        var outcomes: Set<[String]> = []
        for seed in UInt64(1)...100 {
            let copy = system.fork()
            copy.crash(.power(seed: seed))
            outcomes.insert(copy.files.map(\.path))
        }
        #expect(outcomes == [["one/file"], ["file", "one/file"]])
    }

    /// Many changes of few names, so that files displace each other: every outcome is coherent.
    @Test(arguments: 1...50)
    func everyOutcomeOfManyChangesIsCoherent(seed: UInt64) throws {
        let system = SimulatedFileSystem(seed: seed)
        try system.createDirectory("folder")
        let names = ["a", "b", "folder/a", "folder/b"]
        var random = Xoshiro256(seed: seed)
        for round in 0..<60 {
            let (name, other) = (names[random.below(4)], names[random.below(4)])
            switch random.below(6) {
            case 0, 1: try system.make(name, [UInt8(round)], synced: random.coin())
            case 2: try? system.remove(name)
            case 3: try? system.rename(name, to: other)
            case 4: try system.syncDirectory(random.coin() ? "." : "folder")
            default:
                let copy = system.fork()
                copy.crash(.power(seed: random.next()))
                copy.checkInvariants()
                for file in copy.files { _ = try copy.contents(file.path) }
            }
            system.checkInvariants()
        }
    }
}
