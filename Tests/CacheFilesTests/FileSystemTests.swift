import CacheBase
import CacheFiles
import Testing

/// What the seam promises of names, folders and locks, asked of both forms.
@Suite("File system")
struct FileSystemTests {
    @Test(arguments: Implementation.allCases)
    func makesAFolderWithItsParentsAndAgain(implementation: Implementation) throws {
        let sandbox = try Sandbox(implementation)
        try sandbox.system.createDirectory(sandbox.path("a/b/c"))
        try sandbox.system.createDirectory(sandbox.path("a/b/c"))
        #expect(sandbox.system.exists(sandbox.path("a/b/c")))
        #expect(try sandbox.system.list(sandbox.path("a")) == ["b"])
    }

    @Test(arguments: Implementation.allCases)
    func aFileIsNoFolder(implementation: Implementation) throws {
        let sandbox = try Sandbox(implementation)
        let system = sandbox.system
        try system.make(sandbox.path("file"), [1])
        let error = StorageError(.io, "")
        #expect(throws: error) { try system.createDirectory(sandbox.path("file")) }
        #expect(throws: error) { try system.list(sandbox.path("file")) }
        #expect(throws: error) { try system.syncDirectory(sandbox.path("file")) }
        #expect(throws: error) { try system.remove(sandbox.folder) }
        #expect(throws: error) { try system.open(sandbox.folder, .readWrite) }
        #expect(throws: error) { try system.map(sandbox.folder, length: 4096) }
        try system.createDirectory(sandbox.path("folder"))
        #expect(throws: error) {
            try system.rename(sandbox.path("file"), to: sandbox.path("folder"))
        }
        #expect(try system.contents(sandbox.path("file")) == [1])
    }

    @Test(arguments: Implementation.allCases)
    func listsFilesAndFolders(implementation: Implementation) throws {
        let sandbox = try Sandbox(implementation)
        #expect(try sandbox.system.list(sandbox.folder).isEmpty)
        try sandbox.system.make(sandbox.path("file"), [])
        try sandbox.system.createDirectory(sandbox.path("folder/deeper"))
        #expect(try sandbox.system.list(sandbox.folder).sorted() == ["file", "folder"])
    }

    @Test(arguments: Implementation.allCases)
    func whatIsMissingIsNotFound(implementation: Implementation) throws {
        let sandbox = try Sandbox(implementation)
        let (system, missing) = (sandbox.system, sandbox.path("missing"))
        let error = StorageError(.notFound, "")
        #expect(!system.exists(missing))
        #expect(throws: error) { try system.open(missing, .read) }
        #expect(throws: error) { try system.open(missing, .readWrite) }
        #expect(throws: error) { try system.open(missing + "/file", .create) }
        #expect(throws: error) { try system.map(missing + "/file", length: 4096) }
        #expect(throws: error) { try system.remove(missing) }
        #expect(throws: error) { try system.rename(missing, to: sandbox.path("target")) }
        #expect(throws: error) { try system.list(missing) }
        #expect(throws: error) { try system.syncDirectory(missing) }
        #expect(throws: error) { try system.lockDirectory(missing) }
        #expect(throws: error) { try system.availableBytes(missing) }
        try system.make(sandbox.path("file"), [])
        #expect(throws: error) { try system.rename(sandbox.path("file"), to: missing + "/file") }
        #expect(try system.list(sandbox.folder) == ["file"])
    }

    @Test(arguments: Implementation.allCases)
    func anErrorNamesWhatWasTriedAndWhere(implementation: Implementation) throws {
        let sandbox = try Sandbox(implementation)
        let path = sandbox.path("missing")
        let error = #expect(throws: StorageError.self) { try sandbox.system.remove(path) }
        #expect(error?.file == path)
        #expect(error?.code == 2)
        #expect(error?.message.hasPrefix("cannot remove the file: ") == true)
    }

    @Test(arguments: Implementation.allCases)
    func aNewFileLeavesTheOldOneToItsReaders(implementation: Implementation) throws {
        let sandbox = try Sandbox(implementation)
        let path = sandbox.path("file")
        let old = try sandbox.system.make(path, [1, 2, 3])
        let new = try sandbox.system.open(path, .create)
        #expect(try new.size() == 0)
        #expect(try old.bytes(3, at: 0) == [1, 2, 3])
        try new.write([9], at: 0)
        #expect(try sandbox.system.contents(path) == [9])
    }

    @Test(arguments: Implementation.allCases)
    func renamingReplacesTheTarget(implementation: Implementation) throws {
        let sandbox = try Sandbox(implementation)
        try sandbox.system.make(sandbox.path("a"), [1])
        let replaced = try sandbox.system.make(sandbox.path("b"), [2])
        try sandbox.system.rename(sandbox.path("a"), to: sandbox.path("b"))
        #expect(try sandbox.system.list(sandbox.folder) == ["b"])
        #expect(try sandbox.system.contents(sandbox.path("b")) == [1])
        #expect(try replaced.bytes(1, at: 0) == [2])
    }

    @Test(arguments: Implementation.allCases)
    func renamesIntoAnotherFolder(implementation: Implementation) throws {
        let sandbox = try Sandbox(implementation)
        try sandbox.system.createDirectory(sandbox.path("folder"))
        try sandbox.system.make(sandbox.path("a"), [1])
        try sandbox.system.rename(sandbox.path("a"), to: sandbox.path("folder/b"))
        #expect(try sandbox.system.list(sandbox.folder) == ["folder"])
        #expect(try sandbox.system.contents(sandbox.path("folder/b")) == [1])
    }

    @Test(arguments: Implementation.allCases)
    func aRemovedFileStaysWithItsReaders(implementation: Implementation) throws {
        let sandbox = try Sandbox(implementation)
        let file = try sandbox.system.make(sandbox.path("file"), [1, 2])
        let mapped = try sandbox.system.map(sandbox.path("mapped"), length: 4096)
        mapped.store([3], at: 7)
        try sandbox.system.remove(sandbox.path("file"))
        try sandbox.system.remove(sandbox.path("mapped"))
        #expect(try sandbox.system.list(sandbox.folder).isEmpty)
        #expect(try file.bytes(2, at: 0) == [1, 2])
        #expect(mapped.bytes(1, at: 7) == [3])
        try mapped.sync()
    }

    @Test(arguments: Implementation.allCases)
    func aLockedFolderIsRefusedUntilReleased(implementation: Implementation) throws {
        let sandbox = try Sandbox(implementation)
        let (system, locked) = (sandbox.system, StorageError(.locked, ""))
        let first = try system.lockDirectory(sandbox.folder)
        #expect(throws: locked) { try system.lockDirectory(sandbox.folder) }
        first.release()
        first.release()
        var second: (any DirectoryLock)? = try system.lockDirectory(sandbox.folder)
        first.release()
        #expect(throws: locked) { try system.lockDirectory(sandbox.folder) }
        withExtendedLifetime(second) {}
        second = nil
        try system.lockDirectory(sandbox.folder).release()
        #expect(try system.list(sandbox.folder) == ["LOCK"])
    }

    @Test(arguments: Implementation.allCases)
    func aLockIsOfOneFolder(implementation: Implementation) throws {
        let sandbox = try Sandbox(implementation)
        try sandbox.system.createDirectory(sandbox.path("other"))
        let first = try sandbox.system.lockDirectory(sandbox.folder)
        let second = try sandbox.system.lockDirectory(sandbox.path("other"))
        first.release()
        second.release()
    }

    @Test(arguments: Implementation.allCases)
    func replacingLeavesTheNewContentAlone(implementation: Implementation) throws {
        let sandbox = try Sandbox(implementation)
        let path = sandbox.path("file")
        try sandbox.system.replace(path, with: repeated(1, 5000))
        try sandbox.system.replace(path, with: [2])
        #expect(try sandbox.system.contents(path) == [2])
        try sandbox.system.replace(path, with: [])
        #expect(try sandbox.system.contents(path) == [])
        #expect(try sandbox.system.list(sandbox.folder) == ["file"])
    }

    @Test(arguments: Implementation.allCases)
    func aFailedReplacementLeavesNoSibling(implementation: Implementation) throws {
        let sandbox = try Sandbox(implementation)
        try sandbox.system.createDirectory(sandbox.path("folder"))
        #expect(throws: StorageError(.io, "")) {
            try sandbox.system.replace(sandbox.path("folder"), with: [1])
        }
        #expect(try sandbox.system.list(sandbox.folder) == ["folder"])
    }

    @Test(arguments: Implementation.allCases)
    func contentBeyondItsLimitIsCorruption(implementation: Implementation) throws {
        let sandbox = try Sandbox(implementation)
        try sandbox.system.make(sandbox.path("file"), [1, 2, 3])
        #expect(throws: StorageError(.corruption, "")) {
            try sandbox.system.contents(of: sandbox.path("file"), limit: 2)
        }
        #expect(try sandbox.system.contents(of: sandbox.path("file"), limit: 3) == [1, 2, 3])
    }

    @Test(arguments: Implementation.allCases)
    func tellsWhatIsFree(implementation: Implementation) throws {
        let sandbox = try Sandbox(implementation)
        #expect(try sandbox.system.availableBytes(sandbox.folder) > 0)
    }
}
