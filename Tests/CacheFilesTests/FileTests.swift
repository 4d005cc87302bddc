import CacheBase
import CacheFiles
import Testing

/// What the seam promises of the content of files, asked of both forms.
@Suite("File")
struct FileTests {
    @Test(arguments: Implementation.allCases)
    func readsWhatWasWrittenAndNoFurtherThanTheEnd(implementation: Implementation) throws {
        let sandbox = try Sandbox(implementation)
        let file = try sandbox.system.make(sandbox.path("file"), Array(0..<100))
        #expect(try file.size() == 100)
        #expect(try file.bytes(4, at: 10) == [10, 11, 12, 13])
        #expect(try file.bytes(8, at: 98) == [98, 99])
        #expect(try file.bytes(8, at: 100) == [])
        #expect(try file.bytes(8, at: UInt64(Int64.max) - 8) == [])
        #expect(try file.bytes(0, at: 5) == [])
    }

    @Test(arguments: Implementation.allCases)
    func overwritesAndGrows(implementation: Implementation) throws {
        let sandbox = try Sandbox(implementation)
        let file = try sandbox.system.make(sandbox.path("file"), [1, 2, 3])
        try file.write([8, 9], at: 2)
        try file.write([], at: 50)
        #expect(try file.bytes(10, at: 0) == [1, 2, 8, 9])
        try file.write([7], at: 6)
        #expect(try file.bytes(10, at: 0) == [1, 2, 8, 9, 0, 0, 7])
    }

    @Test(arguments: Implementation.allCases)
    func cutsAndExtendsByZeros(implementation: Implementation) throws {
        let sandbox = try Sandbox(implementation)
        let file = try sandbox.system.make(sandbox.path("file"), repeated(5, 10))
        try file.truncate(to: 3)
        #expect(try file.bytes(10, at: 0) == [5, 5, 5])
        try file.truncate(to: 5)
        #expect(try file.bytes(10, at: 0) == [5, 5, 5, 0, 0])
        try file.sync()
        #expect(try file.size() == 5)
    }

    @Test(arguments: Implementation.allCases)
    func anOffsetThatNoFileReachesIsRefused(implementation: Implementation) throws {
        let sandbox = try Sandbox(implementation)
        let file = try sandbox.system.make(sandbox.path("file"), [1])
        let invalid = StorageError(.invalid, "")
        #expect(throws: invalid) { try file.bytes(1, at: .max) }
        #expect(throws: invalid) { try file.write([1], at: .max) }
        #expect(throws: invalid) { try file.truncate(to: .max) }
        // The system may say that the file would be too long, or that there is no such offset.
        let refusal = #expect(throws: StorageError.self) {
            try file.write([1], at: UInt64(Int64.max))
        }
        #expect(refusal?.kind == .noSpace || refusal?.kind == .io)
        #expect(try file.size() == 1)
    }

    @Test(arguments: Implementation.allCases)
    func aFileOpenedToReadIsNotWritten(implementation: Implementation) throws {
        let sandbox = try Sandbox(implementation)
        try sandbox.system.make(sandbox.path("file"), [1])
        let file = try sandbox.system.open(sandbox.path("file"), .read)
        #expect(throws: StorageError(.io, "")) { try file.write([2], at: 0) }
        #expect(throws: StorageError(.io, "")) { try file.truncate(to: 0) }
        #expect(try file.bytes(9, at: 0) == [1])
        try file.sync()
    }

    @Test(arguments: Implementation.allCases)
    func aCachedReadIsRightOrNothing(implementation: Implementation) throws {
        let sandbox = try Sandbox(implementation)
        let file = try sandbox.system.make(sandbox.path("file"), Array(0..<200))
        var buffer = repeated(0, 64)
        let read = try buffer.withUnsafeMutableBytes { try file.readCached(into: $0, at: 150) }
        if let read {
            #expect(read == 50)
            #expect(buffer.prefix(50).elementsEqual(150..<200))
        }
        let beyond = try buffer.withUnsafeMutableBytes { try file.readCached(into: $0, at: 200) }
        #expect(beyond == nil || beyond == 0)
    }

    @Test(arguments: Implementation.allCases)
    func largeContentRoundTrips(implementation: Implementation) throws {
        let sandbox = try Sandbox(implementation)
        var random = Xoshiro256(seed: 7)
        let bytes = (0..<300_001).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        let file = try sandbox.system.make(sandbox.path("file"), bytes, synced: true)
        #expect(try sandbox.system.contents(sandbox.path("file")) == bytes)
        #expect(try file.bytes(100_000, at: 123_457).elementsEqual(bytes[123_457..<223_457]))
    }

    @Test(arguments: Implementation.allCases)
    func threadsShareAFile(implementation: Implementation) async throws {
        let sandbox = try Sandbox(implementation)
        let file = try sandbox.system.open(sandbox.path("file"), .create)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in UInt8(0)..<8 {
                group.addTask {
                    for round in 0..<50 {
                        let offset = round * 80 + Int(writer) * 10
                        try file.write(repeated(writer, 10), at: UInt64(offset))
                        if round % 10 == 0 { try file.sync() }
                    }
                }
            }
            try await group.waitForAll()
        }
        let row = (UInt8(0)..<8).flatMap { repeated($0, 10) }
        #expect(try file.bytes(5000, at: 0) == (0..<50).flatMap { _ in row })
    }
}
