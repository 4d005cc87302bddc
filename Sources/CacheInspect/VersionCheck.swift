internal import CacheBase
internal import CacheFormat

/// Tells a later version's file from damage to the version field.
///
/// In every version the first part of a head keeps its length and its checksum's place (see
/// docs/FORMAT.md): where that checksum holds, the version is what was written.
enum VersionCheck {
    /// Runs `body`; where it meets a version that the checksum at `offset` does not confirm, the
    /// answer is nil, as for other damage.
    /// - Throws: `newerFormat` where the checksum confirms it, and what else `body` throws.
    static func confirmed<Value>(
        _ bytes: UnsafeRawBufferPointer, checksumAt offset: Int,
        _ body: () throws(StorageError) -> Value?
    ) throws(StorageError) -> Value? {
        do throws(StorageError) {
            return try body()
        } catch {
            guard error.kind == .newerFormat, !holds(bytes, offset) else { throw error }
            return nil
        }
    }

    private static func holds(_ bytes: UnsafeRawBufferPointer, _ offset: Int) -> Bool {
        guard offset >= 0, bytes.count >= offset + 4, let base = bytes.baseAddress else {
            return false
        }
        return CRC32C.of(UnsafeRawBufferPointer(rebasing: bytes[..<offset])) == base.u32(offset)
    }
}
