internal import CacheEngine

/// A transaction of a simulated client, with what it should see.
struct SimulatedTransaction {
    let id: TransactionID
    /// It sees the writes up to here, and its own.
    let snapshot: UInt64
    let began: Int
    /// Its last write of each key.
    var writes: [Int: StoreModel.Version] = [:]
    /// In order, for the journal.
    var written: [TransactionRecord.Write] = []
    var reads: [TransactionRecord.Read] = []
    /// Keys that must not have changed when it commits.
    var touched: Set<Int> = []
}

/// A transaction that a client has ended, or lost with the store.
struct EndedTransaction {
    let id: TransactionID
    /// Of its commit's record; nil where it was not committed.
    let lsn: UInt64?
}
