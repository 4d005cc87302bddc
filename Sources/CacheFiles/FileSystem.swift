package import CacheBase

/// The file seam: everything the engine asks of a disk.
///
/// Two forms: `RealFileSystem` (Linux) and `SimulatedFileSystem` (memory; loses, tears and reorders
/// what was not synced). Paths are absolute or relative to the process's folder, as given.
/// None of these calls is on the hot path of a request.
///
/// What survives what: a write survives the process as soon as it returned, and power loss once
/// `sync` of its file returned. The name of a file is a matter of its own: it survives power loss
/// once `syncDirectory` of its folder returned.
///
/// Every call throws `io`, `permission` or `notFound` as the system answers; other kinds are
/// named where they occur.
package protocol FileSystem: AnyObject, Sendable {
    /// Makes the folder and its parents, durably; nothing happens where it exists.
    func createDirectory(_ path: String) throws(StorageError)
    /// Names of the entries of a folder, in no order; `notFound` where there is none.
    func list(_ path: String) throws(StorageError) -> [String]
    /// True where a file or folder of that name exists.
    func exists(_ path: String) -> Bool
    /// Makes entries created, renamed and removed in the folder durable.
    func syncDirectory(_ path: String) throws(StorageError)
    /// Takes the folder for this process until the lock is released; `locked` where it is taken.
    func lockDirectory(_ path: String) throws(StorageError) -> any DirectoryLock
    /// Opens a file; `notFound` where `mode` does not create it.
    func open(_ path: String, _ mode: FileMode) throws(StorageError) -> any File
    /// Renames a file over `target` in one step: whoever looks finds the old file or the new.
    func rename(_ source: String, to target: String) throws(StorageError)
    /// Removes a file. What is open or mapped stays usable until it is closed.
    func remove(_ path: String) throws(StorageError)
    /// Opens or creates a file of exactly `length` bytes, preallocates it and maps it shared.
    ///
    /// A new file reads as zeros; it appears at its name whole or not at all, and its length and
    /// zeros are durable before its name is. It passes through the name `path + ".new"`.
    /// Nothing may change the length of a file while it is mapped.
    /// - Throws: `corruption` where the file exists with another length; `noSpace`, which leaves
    ///   no file behind.
    func map(_ path: String, length: Int) throws(StorageError) -> any MappedFile
    /// Bytes an unprivileged process may still write on the folder's file system.
    func availableBytes(_ path: String) throws(StorageError) -> UInt64
}

/// How a file is opened.
package enum FileMode: Sendable {
    /// An existing file, to read.
    case read
    /// An existing file, to read past the kernel's page cache where the file system can: for long
    /// passes, which must neither push out what is in use nor be answered from memory. Memory,
    /// offset and length of every read are multiples of `directAlignment`.
    case readDirect
    /// An existing file, to read and write.
    case readWrite
    /// A new, empty file, to read and write. One of that name is unlinked, not emptied: whoever
    /// has it open or mapped keeps it.
    case create

    /// What reads of a file opened with `readDirect` are aligned to; no disk asks for more.
    package static var directAlignment: Int { 4096 }
}

/// An open file with positional access. Safe to use from several threads. Closed on `deinit`.
package protocol File: AnyObject, Sendable {
    var path: String { get }
    func size() throws(StorageError) -> UInt64
    /// Reads until `buffer` is full or the file ends; retries short reads and EINTR.
    /// - Returns: bytes read, less than asked only at the end of the file.
    func read(
        into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64
    ) throws(StorageError) -> Int
    /// As `read`, but only what memory holds already: nil where the disk would be asked.
    func readCached(
        into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64
    ) throws(StorageError) -> Int?
    /// Writes all of `bytes`; retries short writes and EINTR. Past the end, the file grows, and a
    /// gap reads as zeros. After an error (`noSpace` among them) any part may have been written.
    func write(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) throws(StorageError)
    /// Cuts the file, or extends it by zeros. The file must not be mapped.
    func truncate(to length: UInt64) throws(StorageError)
    /// Returns when the file's data is durable (`fdatasync`). A failure is final: what was not
    /// synced is lost or not, and a second call that succeeds proves nothing.
    func sync() throws(StorageError)
}

/// A file mapped shared into memory: a store into it survives the process.
///
/// Unmapped and closed on `deinit`; whoever reads through `base` holds a reference meanwhile.
package protocol MappedFile: AnyObject, Sendable {
    var path: String { get }
    var base: UnsafeMutableRawPointer { get }
    var length: Int { get }
    /// Returns when everything stored before the call is durable. See `File.sync` for failures.
    func sync() throws(StorageError)
    /// Makes pages present and writable, so that a store into them neither reads the disk nor
    /// faults. Pages that were not writable before are dirty then: the next sync writes them, also
    /// those that an earlier, failed sync left as clean. `noSpace` or `io` where that cannot be.
    func populate(offset: Int, length: Int) throws(StorageError)
    /// Drops pages from this process's memory; their content stays in the file.
    func releasePages(offset: Int, length: Int)
}

/// A data folder taken by this process; released on `release()` or `deinit`.
package protocol DirectoryLock: AnyObject, Sendable {
    func release()
}

extension FileSystem {
    /// Replaces the content of `path` so that a crash leaves the old or the new, never a mix:
    /// write a sibling, sync it, rename it over, sync the folder.
    ///
    /// The sibling, `path + ".new"`, is removed where one of these fails, so that a full disk does
    /// not fill further with each attempt. When it throws, the old content or the new is in place.
    package func replace(
        _ path: String, with bytes: UnsafeRawBufferPointer
    ) throws(StorageError) {
        let sibling = path + ".new"
        do throws(StorageError) {
            let file = try open(sibling, .create)
            try file.write(bytes, at: 0)
            try file.sync()
            try rename(sibling, to: path)
        } catch {
            try? remove(sibling)
            throw error
        }
        try syncDirectory(Self.folder(of: path))
    }

    /// The whole content of a file of at most `limit` bytes; `corruption` where it is longer.
    package func contents(of path: String, limit: Int) throws(StorageError) -> [UInt8] {
        let file = try open(path, .read)
        let size = try file.size()
        guard size <= UInt64(limit) else {
            throw StorageError(
                .corruption, "\(size) bytes where at most \(limit) make sense", file: path)
        }
        var failure: StorageError?
        let bytes = [UInt8](unsafeUninitializedCapacity: Int(size)) { buffer, count in
            do throws(StorageError) {
                let room = UnsafeMutableRawBufferPointer(
                    start: buffer.baseAddress, count: Int(size))
                count = try file.read(into: room, at: 0)
            } catch { failure = error }
        }
        if let failure { throw failure }
        return bytes
    }

    /// The folder that a path's last component is in.
    package static func folder(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }
}
