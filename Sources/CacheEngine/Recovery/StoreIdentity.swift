internal import CacheBase
internal import CacheFiles
internal import CacheFormat

/// Tells whose a data folder is, and makes an empty one ours.
struct StoreIdentity {
    let layout: StoreLayout
    let files: any FileSystem
    /// See `EngineOptions.identitySeed`.
    var seed: UInt64?

    /// - Throws: `foreign` where the store file is none, `newerFormat`, `corruption`.
    func openOrCreate() throws(StorageError) -> StoreFile {
        if files.exists(layout.store) {
            let bytes = try files.contents(of: layout.store, limit: 4096)
            do throws(StorageError) {
                return try StoreFile(decoding: bytes)
            } catch {
                throw StorageError(error.kind, error.message, file: layout.store)
            }
        }
        return try create()
    }

    /// A folder without a store file is ours only where it is empty, or holds what a creation that
    /// was cut off had made.
    /// - Throws: `foreign`.
    func refuseForeign() throws(StorageError) {
        guard files.exists(layout.directory), !files.exists(layout.store) else { return }
        let own: Set<String> = ["CHECKPOINT", "CHECKPOINT.new", "STORE.new", "wal", "segments"]
        for name in try files.list(layout.directory) where !StoreLayout.ignoredNames.contains(name)
        {
            var isOurs = own.contains(name)
            if name == "wal" || name == "segments" {
                isOurs = try files.list(layout.directory + "/" + name).isEmpty
            }
            if !isOurs {
                throw StorageError(
                    .foreign, "the data folder is not empty and not a DCS store: it holds \(name)",
                    file: layout.directory)
            }
        }
    }

    /// The store file comes last: from then on the folder is a store.
    private func create() throws(StorageError) -> StoreFile {
        let store = newStore()
        try files.createDirectory(layout.log)
        try files.createDirectory(layout.segments)
        let first = Checkpoint(
            store: store.id, number: 0, clockMark: Timestamp(rawValue: 0),
            replayFrom: LogPosition(
                file: 1, offset: UInt64(LogFileHead.bytes), lsn: LSN(rawValue: 1), predecessor: 0),
            epoch: Epoch(rawValue: 1), durableLSN: .zero, nextSegment: SegmentID(rawValue: 1),
            sequences: [UInt64](repeating: 0, count: Limits.partitions + 1), segments: [])
        try replaceFile(layout.checkpoint, with: first.encoded(), files: files)
        try replaceFile(layout.store, with: store.encoded(), files: files)
        return store
    }

    private func newStore() -> StoreFile {
        if let seed {
            var random = SplitMix64(seed: seed)
            return Self.newStore(&random)
        }
        var random = SystemRandomNumberGenerator()
        return Self.newStore(&random)
    }

    private static func newStore(_ random: inout some RandomNumberGenerator) -> StoreFile {
        StoreFile(
            id: StoreID(high: random.next(), low: random.next()),
            hashKey: StoreID(high: random.next(), low: random.next()))
    }
}
