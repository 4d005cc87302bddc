package import CacheBase
package import CacheEngine

/// What a read found without asking the disk; `ReadOutcome` with the store's own cold position.
package enum ReadStep<Cold: Sendable> {
    case hit
    case miss
    /// Repeat once this LSN is durable.
    case notDurable(LSN)
    /// Go on with `readCold`.
    case cold(Cold)
}

/// What one operation of an atomic batch came to; `BatchOutcome` with the store's own
/// cold position.
package enum BatchStep<Cold: Sendable>: Sendable {
    case written(WriteReceipt.Outcome)
    case miss
    case entry(OwnedEntry)
    /// The entry would exceed what one batch may copy.
    case overLimit
    /// Go on with `lookUpCold`: it shows the entry as it was when the batch was carried out.
    case cold(Cold)
}

/// What the data plane asks of the entries below it.
///
/// The engine is the one in use; tests script another. Code over it is generic and specialised,
/// so that the seam costs no dynamic call. The calls mean what `Engine` says of its own.
package protocol EntryStore: Sendable {
    /// Where a cold entry is.
    associatedtype Cold: Sendable

    var clock: Clock { get }
    var lastLSN: LSN { get }
    var durableLSN: LSN { get }
    /// True where a write is answered only once `durableLSN` covers it.
    var answersWaitForSync: Bool { get }
    /// True where a write is answered only once `copiedLSN` covers it.
    var answersWaitForCopies: Bool { get }
    /// The replicas that count have everything up to it.
    var copiedLSN: LSN { get }
    /// Of the writes up to it that still wait for copies the outcome is unknown.
    var abandonedLSN: LSN { get }
    var transactions: Transactions { get }

    func key(_ bytes: UnsafeRawBufferPointer) -> KeyView
    func prefetch(_ keys: UnsafeBufferPointer<KeyView>)
    func lookUp(_ key: KeyView, _ body: (EntryView) -> Void) -> ReadStep<Cold>
    func lookUpCold(
        _ cold: Cold, key: KeyView, scratch: ReadScratch, mayBlock: Bool,
        _ body: (EntryView) -> Void
    ) throws(StorageError) -> ColdOutcome
    func put(
        _ key: KeyView, value: UnsafeRawBufferPointer, contentType: UnsafeRawBufferPointer,
        expiry: Expiry, condition: WriteCondition
    ) throws(StorageError) -> WriteReceipt
    func remove(_ key: KeyView, condition: WriteCondition) throws(StorageError) -> WriteReceipt
    /// An empty batch for `apply`, with the store's limits.
    func makeBatch() -> WriteBatch
    func applyBatch(
        _ batch: WriteBatch
    ) throws(StorageError) -> (steps: [BatchStep<Cold>], lsn: LSN)
    func requestSync(_ lsn: LSN)
}

extension Engine: EntryStore {
    package typealias Cold = ColdRead

    @inline(__always)
    package func lookUp(_ key: KeyView, _ body: (EntryView) -> Void) -> ReadStep<ColdRead> {
        switch read(key, body) {
        case .hit: .hit
        case .miss: .miss
        case .notDurable(let lsn): .notDurable(lsn)
        case .cold(let cold): .cold(cold)
        }
    }

    @inline(__always)
    package func lookUpCold(
        _ cold: ColdRead, key: KeyView, scratch: ReadScratch, mayBlock: Bool,
        _ body: (EntryView) -> Void
    ) throws(StorageError) -> ColdOutcome {
        try readCold(cold, key: key, scratch: scratch, mayBlock: mayBlock, body)
    }

    package func makeBatch() -> WriteBatch { WriteBatch(for: options) }

    package func applyBatch(
        _ batch: WriteBatch
    ) throws(StorageError) -> (steps: [BatchStep<ColdRead>], lsn: LSN) {
        let (outcomes, lsn) = try apply(batch)
        let steps = outcomes.map { outcome -> BatchStep<ColdRead> in
            switch outcome {
            case .written(let outcome): .written(outcome)
            case .miss: .miss
            case .entry(let entry): .entry(entry)
            case .overLimit: .overLimit
            case .cold(let cold): .cold(cold)
            }
        }
        return (steps, lsn)
    }
}
