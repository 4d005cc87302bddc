package import CacheBase

/// Verifies a search file that is read piece by piece, so that none of it stays in memory.
///
/// Invariant: `checksum` is that of all pieces so far.
package struct SearchFileCheck {
    /// Bytes of the file that it begins with.
    package static var headBytes: Int { SearchFileHead.bytes }

    private let head: SearchFileHead
    private var checksum: UInt32 = 0

    /// - Parameters:
    ///   - bytes: the file's first `headBytes`.
    ///   - fileBytes: of the whole file.
    /// - Throws: `corruption`, `newerFormat`.
    package init(
        head bytes: UnsafeRawBufferPointer, fileBytes: UInt64
    ) throws(StorageError) {
        head = try SearchFileHead(verifying: bytes, fileBytes: fileBytes)
    }

    /// What the file belongs to.
    package var identity: SearchIdentity { head.identity }
    /// Ordinals are below it.
    package var entries: Int { head.entries }

    /// Takes the next bytes behind the head.
    package mutating func add(_ piece: UnsafeRawBufferPointer) {
        checksum = CRC32C.extend(checksum, piece)
    }

    /// True where all the pieces together are what was written.
    package var isWhole: Bool { checksum == head.bodyChecksum }
}
