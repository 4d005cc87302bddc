internal import CacheBase
internal import CacheFiles
internal import CacheFormat

/// Looks at the version of every file of a store before the first of them is changed, so that a
/// store which a newer build has written to is refused untouched.
struct FormatCheck {
    private static let magicBytes = 8

    let layout: StoreLayout
    let files: any FileSystem

    /// - Throws: `newerFormat` that names the file; `io`, `permission`.
    /// - Complexity: one short read for each file.
    func refuseNewer() throws(StorageError) {
        for name in try files.list(layout.log) where name.hasSuffix(".wal") {
            try refuse(layout.log + "/" + name, .log)
        }
        for name in try files.list(layout.segments) {
            // A search file of another version is made again.
            guard StoreLayout.segmentID(ofFile: name) != nil, !name.hasSuffix(".fts") else {
                continue
            }
            try refuse(layout.segments + "/" + name, name.hasSuffix(".seg") ? .segment : .hint)
        }
        if files.exists(layout.clock) { try refuse(layout.clock, .clock) }
    }

    private func refuse(_ path: String, _ magic: FormatMagic) throws(StorageError) {
        let file = try files.open(path, .read)
        guard try file.size() >= UInt64(Self.magicBytes) else { return }
        let head = try readAll(file, at: 0, count: Self.magicBytes)
        do throws(StorageError) {
            _ = try withBytes(head) { raw throws(StorageError) in
                try magic.matches(raw.baseAddress.unsafelyUnwrapped)
            }
        } catch {
            throw StorageError(error.kind, error.message, file: path)
        }
    }
}
