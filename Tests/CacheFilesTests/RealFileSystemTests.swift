import CacheBase
import Foundation
import Glibc
import Testing

@testable import CacheFiles

/// What only the machine's own files can show.
@Suite("Real file system")
struct RealFileSystemTests {
    private let system = RealFileSystem()

    @Test(.enabled(if: access("/dev/full", W_OK) == 0))
    func aFullDiskIsNoSpace() throws {
        let file = try system.open("/dev/full", .readWrite)
        let error = #expect(throws: StorageError.self) { try file.write([1, 2, 3], at: 5) }
        #expect(error?.kind == .noSpace)
        #expect(error?.code == ENOSPC)
        #expect(error?.offset == 5)
        #expect(error?.file == "/dev/full")
    }

    @Test(arguments: [
        (ENOSPC, StorageError.Kind.noSpace), (EDQUOT, .noSpace), (ENOENT, .notFound),
        (EACCES, .permission), (EPERM, .permission), (EROFS, .permission), (EIO, .io),
        (EMFILE, .io), (EISDIR, .io),
    ])
    func systemErrorsHaveTheirKinds(code: Int32, kind: StorageError.Kind) {
        let error = StorageError.failed(to: "read the file", "a/b", offset: 9, code: code)
        #expect(error.kind == kind)
        #expect(error.code == code)
        #expect(error.description.hasPrefix("cannot read the file: "))
        #expect(error.description.hasSuffix(", errno \(code) (a/b at 9)"))
    }

    @Test func aNewMappedFileHasItsDiskSpace() throws {
        let sandbox = try Sandbox(.real)
        let length = 1 << 20
        let mapped = try system.map(sandbox.path("log"), length: length)
        #expect(try Self.allocatedBytes(mapped.path) >= length)
    }

    @Test func holesOfACopiedFileAreFilledBeforeItIsMapped() throws {
        let sandbox = try Sandbox(.real)
        let length = 1 << 20
        try system.open(sandbox.path("log"), .create).truncate(to: UInt64(length))
        #expect(try Self.allocatedBytes(sandbox.path("log")) < length)
        let mapped = try system.map(sandbox.path("log"), length: length)
        #expect(try Self.allocatedBytes(mapped.path) >= length)
        #expect(mapped.bytes(length, at: 0) == repeated(0, length))
    }

    /// What stands in for allocation on file systems without such a call.
    @Test func writtenZerosTakeTheirDiskSpace() throws {
        let sandbox = try Sandbox(.real)
        let (path, length) = (sandbox.path("file"), 3 << 20 | 17)
        let descriptor = try Descriptor(opening: path, O_RDWR | O_CREAT, to: "create the file")
        try descriptor.writeZeros(length)
        try descriptor.syncWithMetadata()
        #expect(try descriptor.size() == UInt64(length))
        #expect(try Self.allocatedBytes(path) >= length)
    }

    @Test func aMappingThatCannotBeAllocatedLeavesNoFile() throws {
        let sandbox = try Sandbox(.real)
        // More than any file may have, and no more than an offset can say.
        let error = #expect(throws: StorageError.self) {
            try system.map(sandbox.path("log"), length: 1 << 62)
        }
        #expect(error?.file == sandbox.path("log.new"))
        #expect(try system.list(sandbox.folder).isEmpty)
    }

    /// A folder on a file system of a few megabytes, where somebody mounted one.
    private static let smallDisk = ProcessInfo.processInfo.environment["DCS_TEST_SMALL_DISK"]

    @Test(.enabled(if: smallDisk != nil))
    func aRealFullDiskIsNoSpaceAndHeals() throws {
        let folder = try #require(Self.smallDisk) + "/" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try system.createDirectory(folder)
        let free = try system.availableBytes(folder)
        let full = StorageError(.noSpace, "")
        #expect(throws: full) { try system.map(folder + "/log", length: Int(free) * 2) }
        #expect(try system.list(folder).isEmpty)
        let file = try system.open(folder + "/file", .create)
        #expect(throws: full) { try file.write(repeated(1, Int(free) * 2), at: 0) }
        // A large write may stop with some blocks left; small ones take them.
        while (try? file.write(repeated(1, 512), at: file.size())) != nil {}
        #expect(throws: full) { try system.replace(folder + "/other", with: repeated(1, 9000)) }
        #expect(try system.list(folder) == ["file"])
        try file.truncate(to: 0)
        try system.replace(folder + "/other", with: repeated(1, 9000))
        #expect(try system.contents(folder + "/other") == repeated(1, 9000))
    }

    @Test func valuesArePrivateToTheirOwner() throws {
        let sandbox = try Sandbox(.real)
        try system.make(sandbox.path("file"), [1])
        _ = try system.map(sandbox.path("log"), length: 4096)
        #expect(try Self.status(sandbox.path("file")).st_mode & 0o077 == 0)
        #expect(try Self.status(sandbox.path("log")).st_mode & 0o077 == 0)
        #expect(try Self.status(sandbox.folder).st_mode & 0o077 == 0)
    }

    @Test func noDescriptorIsInheritedByAChild() throws {
        let sandbox = try Sandbox(.real)
        let file = try Descriptor(
            opening: sandbox.path("file"), O_RDWR | O_CREAT, to: "create the file")
        #expect(fcntl(file.number, F_GETFD) & FD_CLOEXEC != 0)
    }

    @Test func namesThatAreNotTextAreListed() throws {
        let sandbox = try Sandbox(.real)
        let name: [UInt8] = Array("x".utf8) + [0xFF, 0]
        let path = (Array((sandbox.folder + "/").utf8) + name).map(CChar.init(bitPattern:))
        let number = open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0o600)
        try #require(number >= 0)
        close(number)
        #expect(try system.list(sandbox.folder) == ["x\u{FFFD}"])
    }

    private static func status(_ path: String) throws -> stat {
        var status = stat()
        try #require(stat(path, &status) == 0)
        return status
    }

    private static func allocatedBytes(_ path: String) throws -> Int {
        Int(try status(path).st_blocks) * 512
    }
}
