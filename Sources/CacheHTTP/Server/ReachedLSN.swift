internal import CacheBase
internal import CacheNode

/// How far a store has come.
struct ReachedLSN {
    var synced: LSN
    var copied: LSN
    /// Writes up to this one that still wait for copies are given up.
    let abandoned: LSN

    init(synced: LSN, copied: LSN) {
        self.synced = synced
        self.copied = copied
        abandoned = .zero
    }

    init(_ store: borrowing some EntryStore) {
        synced = store.durableLSN
        copied = store.copiedLSN
        // Behind the copies: what is given up is so before they are said to be there.
        abandoned = store.abandonedLSN
    }

    /// The newest version of which all of that can be said.
    subscript(assurance: Assurance) -> LSN {
        min(
            assurance.contains(.synced) ? synced : LSN(rawValue: .max),
            assurance.contains(.copied) ? copied : LSN(rawValue: .max))
    }
}
