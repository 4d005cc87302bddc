internal import CShims
internal import CacheBase
internal import Glibc

/// A file descriptor with one owner; closed when the owner lets go of it.
///
/// Every loop over short transfers and interrupted calls is here. An error of `close` is ignored:
/// what has to be durable was synced before, and nothing else is promised.
struct Descriptor: ~Copyable, Sendable {
    let number: Int32
    let path: String

    /// Cached values are nobody else's business: the owner alone may read them.
    private static var newFileMode: mode_t { 0o600 }

    /// - Parameter purpose: what the file is opened for, to be read after "cannot".
    init(opening path: String, _ flags: Int32, to purpose: String) throws(StorageError) {
        let number = Self.retrying { Glibc.open(path, flags | O_CLOEXEC, Self.newFileMode) }
        guard number >= 0 else { throw .failed(to: purpose, path) }
        self.number = number
        self.path = path
    }

    deinit { close(number) }

    /// Repeats a call for as long as signals interrupt it.
    private static func retrying(_ call: () -> Int32) -> Int32 {
        while true {
            let result = call()
            if result != -1 || errno != EINTR { return result }
        }
    }

    /// Offsets come from disk as 64 unsigned bits; the system's are signed.
    private func position(_ offset: UInt64) throws(StorageError) -> off_t {
        guard let position = off_t(exactly: offset) else {
            throw StorageError(.invalid, "no file reaches that far", file: path, offset: offset)
        }
        return position
    }

    func size() throws(StorageError) -> UInt64 {
        var status = stat()
        guard fstat(number, &status) == 0 else { throw .failed(to: "ask for the size", path) }
        return UInt64(status.st_size)
    }

    func sync() throws(StorageError) {
        // A copy, because a closure cannot capture a value that has one owner.
        let number = number
        guard Self.retrying({ fdatasync(number) }) == 0 else {
            throw .failed(to: "sync the file's data", path)
        }
    }

    func syncWithMetadata() throws(StorageError) {
        let number = number
        guard Self.retrying({ fsync(number) }) == 0 else { throw .failed(to: "sync", path) }
    }

    func truncate(to length: UInt64) throws(StorageError) {
        let (number, end) = (number, try position(length))
        guard Self.retrying({ ftruncate(number, end) }) == 0 else {
            throw .failed(to: "set the length", path, offset: length)
        }
    }

    /// Gives the file its first `length` bytes of disk, so that a store into a mapping of it cannot
    /// run out of space.
    /// - Returns: false where the file system has no such call.
    func allocate(_ length: Int) throws(StorageError) -> Bool {
        let number = number
        if Self.retrying({ dcs_allocate(number, 0, off_t(length)) }) == 0 { return true }
        if errno == EOPNOTSUPP || errno == ENOSYS { return false }
        throw .failed(to: "allocate \(length) bytes", path)
    }
}

// MARK: - Transfers

extension Descriptor {
    /// - Returns: bytes read, less than `buffer` holds only at the end of the file.
    func read(
        into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64
    ) throws(StorageError) -> Int {
        let start = try position(offset)
        var done = 0
        while done < buffer.count {
            let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[done...])
            let count = pread(number, rest.baseAddress, rest.count, start &+ off_t(done))
            if count == 0 { break }
            if count > 0 {
                done += count
                continue
            }
            guard errno == EINTR else {
                throw .failed(to: "read the file", path, offset: offset &+ UInt64(done))
            }
        }
        return done
    }

    /// As `read`, but nil as soon as the disk would be asked.
    func readCached(
        into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64
    ) throws(StorageError) -> Int? {
        let start = try position(offset)
        var done = 0
        while done < buffer.count {
            let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[done...])
            let count = dcs_pread_cached(number, rest.baseAddress, rest.count, start &+ off_t(done))
            if count == 0 { break }
            if count > 0 {
                done += count
                continue
            }
            if errno == EAGAIN { return nil }
            guard errno == EINTR else {
                throw .failed(to: "read the file", path, offset: offset &+ UInt64(done))
            }
        }
        return done
    }

    func write(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) throws(StorageError) {
        let start = try position(offset)
        var done = 0
        while done < bytes.count {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[done...])
            let count = pwrite(number, rest.baseAddress, rest.count, start &+ off_t(done))
            if count > 0 {
                done += count
                continue
            }
            // A write of nothing would repeat for ever; no disk should answer that.
            guard count < 0, errno == EINTR else {
                let code = count == 0 ? EIO : errno
                throw .failed(
                    to: "write the file", path, offset: offset &+ UInt64(done), code: code)
            }
        }
    }

    /// Takes up the disk by writing, where `allocate` is not to be had.
    func writeZeros(_ length: Int) throws(StorageError) {
        let chunk = UnsafeMutableRawBufferPointer.allocate(
            byteCount: min(length, Self.zerosBytesMax), alignment: 16)
        defer { chunk.deallocate() }
        chunk.initializeMemory(as: UInt8.self, repeating: 0)
        var done = 0
        while done < length {
            let part = chunk[..<min(chunk.count, length - done)]
            try write(UnsafeRawBufferPointer(rebasing: part), at: UInt64(done))
            done += part.count
        }
    }

    /// Zeros written at a time: large enough that calls do not count, small enough for any heap.
    private static var zerosBytesMax: Int { 1 << 20 }
}
