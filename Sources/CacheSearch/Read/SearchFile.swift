package import CacheBase
package import CacheFiles

/// Search files on disk: written whole, mapped and verified when they are opened.
package enum SearchFile {
    /// Writes an index so that a crash leaves the file whole or absent.
    /// - Throws: as `FileSystem.replace`.
    package static func write(
        _ index: SearchIndex, to path: String, _ files: any FileSystem
    ) throws(StorageError) {
        try index.withImage { image throws(StorageError) in try files.replace(path, with: image) }
    }

    /// Maps a search file and verifies it.
    /// - Throws: `notFound`; `corruption`, `newerFormat` with the file's name; `foreign` where it
    ///   belongs to another store, segment, or analysis. After each of them the index is to be
    ///   built anew.
    /// - Complexity: O(length), the speed of a checksum.
    package static func open(
        _ path: String, _ files: any FileSystem, expecting identity: SearchIdentity
    ) throws(StorageError) -> SearchIndex {
        do throws(StorageError) {
            let size = try files.open(path, .read).size()
            guard size >= UInt64(SearchFileHead.bytes), size <= UInt64(SearchLimits.fileBytesMax)
            else { throw StorageError(.corruption, "a search file of \(size) bytes") }
            let mapped = try files.map(path, length: Int(size))
            let image = UnsafeRawBufferPointer(start: mapped.base, count: mapped.length)
            let index = try SearchIndex(verifying: image, owner: mapped)
            try index.identity.check(is: identity)
            return index
        } catch {
            var named = error
            named.file = path
            throw named
        }
    }
}

extension SearchIdentity {
    /// - Throws: `foreign`, with what is different.
    fileprivate func check(is wanted: SearchIdentity) throws(StorageError) {
        guard store == wanted.store, segment == wanted.segment, checksum == wanted.checksum else {
            throw StorageError(.foreign, "the search file belongs to something else")
        }
        guard analysis == wanted.analysis else {
            throw StorageError(
                .foreign, "the search file was made for another language or by another version")
        }
    }
}
