internal import CShims
internal import CacheBase
internal import Glibc
internal import Synchronization

/// An advisory lock on the file `LOCK` of a folder.
///
/// `flock` belongs to the open file, not to the process: a second open in the same process is
/// refused like another process, and the kernel releases it however the process ends. The file
/// stays when the lock goes; removing it would let two processes lock two different files.
final class RealDirectoryLock: DirectoryLock {
    private struct Held: ~Copyable {
        var descriptor: Descriptor?
    }

    private let held: Mutex<Held>

    init(_ folder: String) throws(StorageError) {
        let path = folder + "/" + RealFileSystem.lockName
        let descriptor = try Descriptor(
            opening: path, O_RDWR | O_CREAT, to: "open the folder's lock")
        guard dcs_lock_exclusive(descriptor.number) == 0 else {
            guard errno == EWOULDBLOCK else { throw .failed(to: "lock the folder", path) }
            throw StorageError(.locked, "the folder is in use by another process", file: folder)
        }
        held = Mutex(Held(descriptor: descriptor))
    }

    func release() { held.withLock { $0.descriptor = nil } }
}
