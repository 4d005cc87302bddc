import CacheFiles
import Glibc
import Testing

@testable import dcs_bench

@Suite("Processes and folders")
struct ProcessTests {
    private let processes = ProcessRegistry()

    @Test func outputIsReadLineByLine() throws {
        let child = try ChildProcess(["cat"], in: processes)
        try child.write(Array("one\n\nthree".utf8))
        child.closeInput()
        #expect(child.readLine() == "one")
        #expect(child.readLine() == "")
        #expect(child.readLine() == "three")
        #expect(child.readLine() == nil)
        #expect(child.wait() == 0)
    }

    @Test func exitCodesAndSignalsAreTold() throws {
        #expect(try ChildProcess(["sh", "-c", "exit 3"], in: processes).wait() == 3)
        let child = try ChildProcess(["cat"], in: processes)
        child.kill()
        #expect(child.wait() == 128 + SIGKILL)
    }

    @Test func aMissingProgramIsAnError() {
        #expect(throws: BenchmarkError.self) {
            try ChildProcess(["no-such-program-anywhere"], in: processes)
        }
    }

    @Test func killAllEndsWhatRunsAndRefusesMore() throws {
        let child = try ChildProcess(["cat"], in: processes)
        processes.killAll()
        #expect(child.wait() == 128 + SIGKILL)
        #expect(throws: BenchmarkError.self) { try ChildProcess(["cat"], in: processes) }
    }

    @Test func aTemporaryFolderGoesWithAllThatIsInIt() throws {
        let parent = try TemporaryFolder(in: "/tmp")
        defer { parent.remove() }
        let folder = try TemporaryFolder(in: parent.path)
        #expect(folder.freshPath("a") != folder.freshPath("a"))
        try RealFileSystem().createDirectory(folder.path + "/a/b")
        try TextFile.append("12345", to: folder.path + "/a/b/file.seg")
        try TextFile.append("123", to: folder.path + "/a/other")
        #expect(FileTree.bytes(folder.path) == 8)
        #expect(FileTree.bytes(folder.path) { $0.hasSuffix(".seg") } == 5)
        folder.remove()
        #expect(FileTree.bytes(parent.path) == 0)
        #expect(access(folder.path, F_OK) != 0)
    }

    @Test func threadsReturnTheirResultsInOrder() throws {
        #expect(try Threads.run(8) { $0 * $0 } == [0, 1, 4, 9, 16, 25, 36, 49])
        #expect(throws: BenchmarkError.self) {
            try Threads.run(2) { if $0 == 1 { throw BenchmarkError("x") } }
        }
    }
}
