internal import CacheBase

/// An open file of a simulated disk.
final class SimulatedFile: File {
    private let system: SimulatedFileSystem
    private let handle: SimulatedDisk.Handle

    init(_ handle: SimulatedDisk.Handle, of system: SimulatedFileSystem) {
        self.system = system
        self.handle = handle
    }

    deinit { system.close(handle) }

    var path: String { handle.path }

    func size() throws(StorageError) -> UInt64 {
        try system.withDisk { disk throws(StorageError) in try disk.size(handle) }
    }

    func read(
        into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64
    ) throws(StorageError) -> Int {
        try system.withDisk { disk throws(StorageError) in
            try disk.read(handle, into: buffer, at: offset)
        }
    }

    func readCached(
        into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64
    ) throws(StorageError) -> Int? {
        try system.withDisk { disk throws(StorageError) in
            let count = try disk.read(handle, into: buffer, at: offset)
            return disk.readsCached ? count : nil
        }
    }

    func write(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) throws(StorageError) {
        try system.withDisk { disk throws(StorageError) in
            try disk.write(handle, bytes, at: offset)
        }
    }

    func truncate(to length: UInt64) throws(StorageError) {
        try system.withDisk { disk throws(StorageError) in try disk.truncate(handle, to: length) }
    }

    func sync() throws(StorageError) {
        try system.withDisk { disk throws(StorageError) in try disk.sync(handle) }
    }
}

/// A mapped file of a simulated disk: the same pages for every mapping of it.
final class SimulatedMappedFile: MappedFile {
    private let system: SimulatedFileSystem
    private let handle: SimulatedDisk.Handle
    private let memory: SimulatedMemory

    init(
        _ handle: SimulatedDisk.Handle, _ memory: SimulatedMemory, of system: SimulatedFileSystem
    ) {
        self.system = system
        self.handle = handle
        self.memory = memory
    }

    deinit { system.close(handle) }

    var path: String { handle.path }
    var base: UnsafeMutableRawPointer { memory.base }
    var length: Int { memory.length }

    func sync() throws(StorageError) {
        try system.withDisk { disk throws(StorageError) in try disk.sync(handle) }
    }

    func populate(offset: Int, length: Int) throws(StorageError) {
        check(offset, length)
        try system.withDisk { disk throws(StorageError) in
            try disk.populate(handle, offset..<(offset + length))
        }
    }

    func releasePages(offset: Int, length: Int) { check(offset, length) }

    private func check(_ offset: Int, _ length: Int) {
        precondition(
            offset >= 0 && length >= 0 && offset <= self.length - length,
            "\(length) bytes at \(offset) are not in a mapping of \(self.length)")
    }
}

/// A simulated folder taken.
final class SimulatedDirectoryLock: DirectoryLock {
    private let system: SimulatedFileSystem
    private let folder: String
    private let holder: Int

    init(_ folder: String, holder: Int, of system: SimulatedFileSystem) {
        self.system = system
        self.folder = folder
        self.holder = holder
    }

    deinit { release() }

    func release() { system.unlock(folder, holder: holder) }
}
