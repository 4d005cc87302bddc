internal import CShims
package import CacheBase
internal import Glibc

/// The machine's files, by Linux calls. Stateless: every object of it is the same.
package final class RealFileSystem: FileSystem {
    package init() {}

    package func createDirectory(_ path: String) throws(StorageError) {
        if isDirectory(path) { return }
        let parent = Self.folder(of: path)
        if parent != path { try createDirectory(parent) }
        let isMade = mkdir(path, 0o700) == 0
        guard isMade || (errno == EEXIST && isDirectory(path)) else {
            throw .failed(to: "make the folder", path)
        }
        try syncDirectory(parent)
    }

    package func list(_ path: String) throws(StorageError) -> [String] {
        guard let stream = opendir(path) else { throw .failed(to: "open the folder", path) }
        defer { closedir(stream) }
        var names: [String] = []
        while true {
            // The end and an error both answer nil; only `errno` tells them apart.
            errno = 0
            guard let entry = readdir(stream) else { break }
            let name = withUnsafeBytes(of: &entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != "." && name != ".." { names.append(name) }
        }
        guard errno == 0 else { throw .failed(to: "list the folder", path) }
        return names
    }

    package func exists(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0
    }

    package func syncDirectory(_ path: String) throws(StorageError) {
        let folder = try Descriptor(
            opening: path, O_RDONLY | O_DIRECTORY, to: "open the folder to sync it")
        try folder.syncWithMetadata()
    }

    package func lockDirectory(_ path: String) throws(StorageError) -> any DirectoryLock {
        try RealDirectoryLock(path)
    }

    package func open(_ path: String, _ mode: FileMode) throws(StorageError) -> any File {
        switch mode {
        case .read:
            RealFile(try Descriptor(opening: path, O_RDONLY, to: "open the file to read"))
        case .readDirect:
            RealFile(try openDirect(path))
        case .readWrite:
            RealFile(try Descriptor(opening: path, O_RDWR, to: "open the file to write"))
        case .create:
            RealFile(try createFile(path))
        }
    }

    package func rename(_ source: String, to target: String) throws(StorageError) {
        guard Glibc.rename(source, target) == 0 else {
            throw .failed(to: "rename the file to \(target)", source)
        }
    }

    package func remove(_ path: String) throws(StorageError) {
        guard unlink(path) == 0 else { throw .failed(to: "remove the file", path) }
    }

    package func map(_ path: String, length: Int) throws(StorageError) -> any MappedFile {
        precondition(length > 0, "an empty file cannot be mapped")
        if !exists(path) { try createAllocated(path, length: length) }
        let file = try Descriptor(opening: path, O_RDWR, to: "open the file to map it")
        let size = try file.size()
        guard size == UInt64(length) else {
            throw StorageError(
                .corruption, "the file has \(size) bytes where \(length) belong", file: path)
        }
        // A copied file may have holes, and a store into a hole of a full disk kills the process.
        _ = try file.allocate(length)
        return try RealMappedFile(file, length: length)
    }

    /// The permissions of a file, links followed: `0o640` and the like.
    package func accessMode(of path: String) throws(StorageError) -> UInt16 {
        var status = stat()
        guard stat(path, &status) == 0 else { throw .failed(to: "ask for permissions", path) }
        return UInt16(truncatingIfNeeded: status.st_mode) & 0o7777
    }

    package func availableBytes(_ path: String) throws(StorageError) -> UInt64 {
        var status = statvfs()
        guard statvfs(path, &status) == 0 else { throw .failed(to: "ask for free space", path) }
        return UInt64(status.f_bavail) &* UInt64(status.f_frsize)
    }
}

extension RealFileSystem {
    /// The file in a data folder that its lock is on.
    static let lockName = "LOCK"

    private func isDirectory(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    /// A file of its own, never the old one emptied: whoever still maps that would be killed by
    /// reading past its new end.
    private func createFile(_ path: String) throws(StorageError) -> Descriptor {
        guard unlink(path) == 0 || errno == ENOENT else {
            throw .failed(to: "replace the file", path)
        }
        return try Descriptor(opening: path, O_RDWR | O_CREAT | O_EXCL, to: "create the file")
    }

    /// Some file systems, such as those in memory, refuse direct reads: then plain ones.
    private func openDirect(_ path: String) throws(StorageError) -> Descriptor {
        do throws(StorageError) {
            return try Descriptor(
                opening: path, O_RDONLY | dcs_direct_flag(), to: "open the file to read")
        } catch {
            guard error.code == EINVAL else { throw error }
            return try Descriptor(opening: path, O_RDONLY, to: "open the file to read")
        }
    }

    /// Puts a file of `length` zero bytes, allocated and durable, at `path`: under another name
    /// first, so that a crash never leaves one that is too short.
    ///
    /// The sync pays for the file's length once; later `fdatasync` calls write data only.
    private func createAllocated(_ path: String, length: Int) throws(StorageError) {
        let sibling = path + ".new"
        do throws(StorageError) {
            let file = try createFile(sibling)
            if try !file.allocate(length) { try file.writeZeros(length) }
            try file.syncWithMetadata()
            try rename(sibling, to: path)
        } catch {
            unlink(sibling)
            throw error
        }
    }
}
