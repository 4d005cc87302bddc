internal import CacheBase
internal import Glibc

extension StorageError {
    /// The error of a failed system call.
    /// - Parameter purpose: what was tried, to be read after "cannot": "write the file".
    static func failed(
        to purpose: String, _ path: String, offset: UInt64? = nil, code: Int32 = errno
    ) -> StorageError {
        let reason = String(cString: strerror(code))
        return StorageError(
            kind(ofSystemError: code), "cannot \(purpose): \(reason), errno \(code)",
            file: path, offset: offset, code: code)
    }

    static func kind(ofSystemError code: Int32) -> Kind {
        switch code {
        case ENOSPC, EDQUOT, EFBIG: .noSpace
        case ENOENT: .notFound
        case EACCES, EPERM, EROFS: .permission
        default: .io
        }
    }
}
