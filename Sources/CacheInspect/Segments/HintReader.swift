internal import CacheBase
internal import CacheEngine
internal import CacheFiles
internal import CacheFormat

/// What the key index would hold of a segment: from its hint file, or from its blocks where the
/// hint file is missing or damaged.
struct HintReader {
    let folder: StoreFolder
    let store: StoreFile

    /// The hint file's bytes; nil where it is missing.
    /// - Throws: `corruption` where it is longer than any of so many entries.
    func bytes(of segment: SegmentID, entries: Int) throws(StorageError) -> [UInt8]? {
        do throws(StorageError) {
            return try folder.contents(folder.layout.hint(segment), limit: 48 + entries * 12)
        } catch {
            guard error.kind == .notFound else { throw error }
            return nil
        }
    }

    /// Hash and expiry of every entry, by ordinal; nil in place of those in damaged blocks.
    func entries(of segment: SegmentFile) throws(StorageError) -> [HintEntry?] {
        if let footer = segment.footer {
            let found = try fromFile(segment.id, entries: Int(footer.entries))
            if let found { return found }
        }
        return try fromBlocks(of: segment)
    }

    /// By the hint file alone; nil where it is missing or damaged.
    func fromFile(_ segment: SegmentID, entries: Int) throws(StorageError) -> [HintEntry?]? {
        do throws(StorageError) {
            guard let bytes = try bytes(of: segment, entries: entries) else { return nil }
            return try withBytes(bytes) { raw throws(StorageError) in
                try columns(raw, segment, entries: entries).map { columns in
                    (0..<columns.count).map { columns[$0] }
                }
            }
        } catch {
            guard error.kind == .corruption else { throw error }
            return nil
        }
    }

    /// The verified columns of a hint file.
    func columns(
        _ raw: UnsafeRawBufferPointer, _ segment: SegmentID, entries: Int
    ) throws(StorageError) -> HintColumns? {
        try VersionCheck.confirmed(raw, checksumAt: 44) { () throws(StorageError) in
            try HintFile.verified(raw, store: store.id, segment: segment, entries: entries)
        }
    }

    private func fromBlocks(of segment: SegmentFile) throws(StorageError) -> [HintEntry?] {
        let hash = KeyHash(secret: store.hashKey)
        var found: [HintEntry?] = []
        let scan = BlockScan(segment)
        while let step = try scan.next() {
            guard case .block(let block) = step else { continue }
            while found.count < block.ordinals.lowerBound { found.append(nil) }
            var entries = block.entries
            while let entry = entries.next() {
                found.append(HintEntry(hash: hash(entry.key), expiry: entry.expiry))
            }
        }
        return found
    }
}
