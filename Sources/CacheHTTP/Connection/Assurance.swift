internal import CacheBase
internal import CacheNode

/// What an answer about a record waits for.
struct Assurance: OptionSet {
    let rawValue: UInt8

    /// The record survives a power loss of this node.
    static let synced = Assurance(rawValue: 1 << 0)
    /// The replicas that count have it.
    static let copied = Assurance(rawValue: 1 << 1)

    /// What every write of the store waits for.
    @inline(__always)
    static func standard(of store: borrowing some EntryStore) -> Assurance {
        var assurance: Assurance = []
        if store.answersWaitForSync { assurance.insert(.synced) }
        if store.answersWaitForCopies { assurance.insert(.copied) }
        return assurance
    }

    /// True where the store has come so far.
    @inline(__always)
    func isReached(_ lsn: LSN, by store: borrowing some EntryStore) -> Bool {
        if contains(.synced), store.durableLSN < lsn { return false }
        if contains(.copied), store.copiedLSN < lsn { return false }
        return true
    }

    /// True where a record that was just written here waits for copies in vain. To be asked behind
    /// `isReached`; of older records it says nothing.
    @inline(__always)
    func isGivenUp(_ lsn: LSN, by store: borrowing some EntryStore) -> Bool {
        guard contains(.copied) else { return false }
        return lsn <= store.abandonedLSN
    }
}
