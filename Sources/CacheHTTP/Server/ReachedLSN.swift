internal import CacheBase
internal import CacheNode

/// How far a store has come.
struct ReachedLSN {
    var synced: LSN
    var copied: LSN

    init(synced: LSN, copied: LSN) {
        self.synced = synced
        self.copied = copied
    }

    init(_ store: borrowing some EntryStore) {
        synced = store.durableLSN
        copied = store.copiedLSN
    }

    /// The newest version of which all of that can be said.
    subscript(assurance: Assurance) -> LSN {
        min(
            assurance.contains(.synced) ? synced : LSN(rawValue: .max),
            assurance.contains(.copied) ? copied : LSN(rawValue: .max))
    }
}
