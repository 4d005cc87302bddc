import CacheBase
import CacheEngine
import CacheFiles

/// An engine for tests of the server.
enum TestEngine {
    static func open() throws -> Engine {
        try Engine.open(EngineOptions(directory: "unused"), files: NoFiles())
    }
}

/// A file system without files, for the engine that keeps everything in memory.
private final class NoFiles: FileSystem {
    private static let none = StorageError(.notFound, "there are no files")

    func createDirectory(_ path: String) throws(StorageError) { throw Self.none }
    func list(_ path: String) throws(StorageError) -> [String] { throw Self.none }
    func exists(_ path: String) -> Bool { false }
    func syncDirectory(_ path: String) throws(StorageError) { throw Self.none }
    func lockDirectory(_ path: String) throws(StorageError) -> any DirectoryLock { throw Self.none }
    func open(_ path: String, _ mode: FileMode) throws(StorageError) -> any File { throw Self.none }
    func rename(_ source: String, to target: String) throws(StorageError) { throw Self.none }
    func remove(_ path: String) throws(StorageError) { throw Self.none }
    func map(_ path: String, length: Int) throws(StorageError) -> any MappedFile { throw Self.none }
    func availableBytes(_ path: String) throws(StorageError) -> UInt64 { throw Self.none }
}
