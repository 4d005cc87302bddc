import CacheBase
import CacheFiles
import Testing

/// What the seam promises of mapped files, asked of both forms.
@Suite("Mapped file")
struct MappedFileTests {
    private static let length = 64 << 10

    @Test(arguments: Implementation.allCases)
    func aNewFileIsZerosOfTheLengthAsked(implementation: Implementation) throws {
        let sandbox = try Sandbox(implementation)
        let mapped = try sandbox.system.map(sandbox.path("log"), length: Self.length)
        #expect(mapped.length == Self.length)
        #expect(mapped.path == sandbox.path("log"))
        #expect(Int(bitPattern: mapped.base) % 4096 == 0)
        #expect(mapped.bytes(Self.length, at: 0) == repeated(0, Self.length))
        #expect(try sandbox.system.list(sandbox.folder) == ["log"])
    }

    @Test(arguments: Implementation.allCases)
    func storesAndWritesAreSeenByAll(implementation: Implementation) throws {
        let sandbox = try Sandbox(implementation)
        let path = sandbox.path("log")
        let first = try sandbox.system.map(path, length: Self.length)
        let second = try sandbox.system.map(path, length: Self.length)
        let file = try sandbox.system.open(path, .readWrite)
        first.store([1, 2, 3], at: 4095)
        #expect(second.bytes(3, at: 4095) == [1, 2, 3])
        #expect(try file.bytes(3, at: 4095) == [1, 2, 3])
        try file.write([9], at: 4096)
        #expect(first.bytes(3, at: 4095) == [1, 9, 3])
        try first.sync()
    }

    @Test(arguments: Implementation.allCases)
    func contentOutlivesItsMapping(implementation: Implementation) throws {
        let sandbox = try Sandbox(implementation)
        let path = sandbox.path("log")
        try sandbox.system.map(path, length: Self.length).store([7], at: Self.length - 1)
        let again = try sandbox.system.map(path, length: Self.length)
        #expect(again.bytes(1, at: Self.length - 1) == [7])
    }

    @Test(arguments: Implementation.allCases)
    func aLengthOfNoWholePagesIsKept(implementation: Implementation) throws {
        let sandbox = try Sandbox(implementation)
        let mapped = try sandbox.system.map(sandbox.path("log"), length: 5000)
        mapped.store([1], at: 4999)
        #expect(try sandbox.system.open(sandbox.path("log"), .read).size() == 5000)
        try mapped.populate(offset: 4998, length: 2)
    }

    @Test(arguments: Implementation.allCases)
    func anotherLengthIsCorruptionAndChangesNothing(implementation: Implementation) throws {
        let sandbox = try Sandbox(implementation)
        let path = sandbox.path("log")
        try sandbox.system.make(path, [1, 2, 3])
        #expect(throws: StorageError(.corruption, "")) {
            try sandbox.system.map(path, length: Self.length)
        }
        #expect(try sandbox.system.contents(path) == [1, 2, 3])
    }

    @Test(arguments: Implementation.allCases)
    func leftoversOfACreationAreReplaced(implementation: Implementation) throws {
        let sandbox = try Sandbox(implementation)
        try sandbox.system.make(sandbox.path("log.new"), [1, 2, 3])
        let mapped = try sandbox.system.map(sandbox.path("log"), length: Self.length)
        #expect(mapped.bytes(3, at: 0) == [0, 0, 0])
        #expect(try sandbox.system.list(sandbox.folder) == ["log"])
    }

    @Test(arguments: Implementation.allCases)
    func pagesComeAndGoWithTheirContent(implementation: Implementation) throws {
        let sandbox = try Sandbox(implementation)
        let mapped = try sandbox.system.map(sandbox.path("log"), length: Self.length)
        try mapped.populate(offset: 0, length: Self.length)
        let pattern = (0..<Self.length).map { UInt8(truncatingIfNeeded: $0 / 100) }
        mapped.store(pattern, at: 0)
        for (offset, length) in [(0, 0), (1, 1), (100, 9000), (4096, 8192), (0, Self.length)] {
            mapped.releasePages(offset: offset, length: length)
            #expect(mapped.bytes(Self.length, at: 0) == pattern)
            try mapped.populate(offset: offset, length: length)
            #expect(mapped.bytes(Self.length, at: 0) == pattern)
        }
    }

    @Test(arguments: Implementation.allCases)
    func aClosedFileMayBeCutAndIsThenOfAnotherLength(implementation: Implementation) throws {
        let sandbox = try Sandbox(implementation)
        let path = sandbox.path("log")
        do { try sandbox.system.map(path, length: Self.length).store([5, 6], at: 0) }
        let file = try sandbox.system.open(path, .readWrite)
        try file.truncate(to: 2)
        #expect(try sandbox.system.contents(path) == [5, 6])
        try file.write([7], at: 2)
        #expect(try sandbox.system.contents(path) == [5, 6, 7])
    }
}
