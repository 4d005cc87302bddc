internal import CShims
package import CacheBase
package import CacheFiles
package import CacheFormat
internal import Synchronization

/// A persistent cache in one data folder: the facade of the storage engine.
///
/// Safe to use from any number of threads. Reads and writes run on the caller's thread and make no
/// system call but where a cold read or a full log file needs one.
///
/// Invariants:
/// - The index has one slot for each live key; its location names the newest version's bytes.
/// - The bit of an entry in a segment is set while a slot points at it, and until one does that
///   is about to; it is cleared for ever when the slot goes elsewhere.
/// - Whatever is before the checkpoint's place in the log is in the segments it lists.
package final class Engine: Sendable {
    package let options: EngineOptions
    package let clock: Clock
    /// What opening found and did.
    package let recovery: RecoveryReport
    package let transactions: Transactions

    /// Names the store for as long as it exists: 32 hexadecimal digits.
    package var identifier: String { parts.store.id.description }

    /// As the files of the store name it.
    package var storeID: StoreID { parts.store.id }

    let parts: EngineParts
    let maintenance: Maintenance

    /// Opens the store in `options.directory`, makes one where the folder is empty or missing, and
    /// recovers what a crash left.
    /// - Throws: `locked`, `foreign`, `newerFormat`, `corruption`, `permission`, `noSpace`, `io`.
    package static func open(
        _ options: EngineOptions, files: any FileSystem, clock: Clock = .system()
    ) throws(StorageError) -> Engine {
        let (parts, report) = try Recovery(options, files: files, clock: clock).run()
        let engine = Engine(parts, report)
        engine.maintenance.start()
        options.observer(.recovered(report))
        return engine
    }

    private init(_ parts: EngineParts, _ report: RecoveryReport) {
        self.parts = parts
        options = parts.options
        clock = parts.clock
        recovery = report
        transactions = Transactions(parts)
        maintenance = Maintenance(parts, transactions)
    }

    /// Threads never outlive their engine, also where nobody closed it.
    deinit { maintenance.stop() }

    /// Hashes a key with the store's own secret, and starts loading its line of the index. Cheap;
    /// no copy.
    package func key(_ bytes: UnsafeRawBufferPointer) -> KeyView {
        parts.key(bytes)
    }

    /// Starts loading what reads and writes of these keys will touch, all keys at once: waits for
    /// memory overlap that one after the other would add up. For batches and pipelines; makes no
    /// difference to any answer.
    package func prefetch(_ keys: UnsafeBufferPointer<KeyView>) {
        parts.prefetch(keys)
    }

    // MARK: Durability

    /// The newest record's version.
    package var lastLSN: LSN { parts.log.lastLSN }

    /// Every record up to this one survives a power loss.
    package var durableLSN: LSN { parts.log.durableLSN }

    /// True where a write is answered only once `answerableLSN` covers it.
    package var answersWait: Bool { parts.answersWait }

    /// True where a write is answered only once `durableLSN` covers it.
    package var answersWaitForSync: Bool { parts.answersWaitForSync }

    /// True where a write is answered only once `copiedLSN` covers it.
    package var answersWaitForCopies: Bool { parts.answersWaitForCopies }

    /// The replicas that count have everything up to this record; all there is without replicas.
    package var copiedLSN: LSN { parts.log.copiedLSN }

    /// The newest record that an answer may show, where `answersWait`: what is synced with
    /// `SyncMode.always`, and what the replicas have that are waited for.
    package var answerableLSN: LSN { parts.answerableLSN }

    /// From now on answers wait for `noteCopied`; or not any more.
    package func setWaitsForCopies(_ waits: Bool) {
        parts.setWaitsForCopies(waits)
        parts.commit.tellListeners()
    }

    /// The replicas that count have everything up to this record.
    package func noteCopied(_ lsn: LSN) {
        parts.log.noteCopied(lsn)
        parts.commit.tellListeners()
    }

    /// Whoever waits until the replicas have a record up to this one waits in vain: another node may
    /// lead already, without the record. To be read
    /// behind `copiedLSN`.
    package var abandonedLSN: LSN { parts.log.abandonedLSN }

    /// Gives up all answers that wait for copies, before `noteCopied` says something else of them.
    package func abandonWaitingForCopies() {
        parts.log.noteAbandoned(parts.log.lastLSN)
        parts.commit.tellListeners()
    }

    /// False after a failed sync: the node takes no writes until it is restarted.
    package var acceptsWrites: Bool { !parts.log.poisoned }

    /// Asks that the log be synced up to `lsn` soon, whatever the mode.
    package func requestSync(_ lsn: LSN) { parts.commit.request(lsn) }

    /// Blocks until `durableLSN` covers `lsn`. Never on an event loop.
    /// - Throws: `poisoned` where a sync failed; `io` to whoever ran into it.
    package func waitUntilDurable(_ lsn: LSN) throws(StorageError) {
        try parts.commit.wait(for: lsn)
    }

    /// Registers a callback for each advance of `durableLSN` (nil: the log is poisoned). It runs
    /// on the thread that synced and only hands over to its own.
    package func onDurableAdvance(_ callback: @escaping @Sendable (LSN?) -> Void) {
        parts.commit.onAdvance(callback)
    }

    /// Stops background work, syncs the log, releases the folder. Later writes fail `closed`.
    package func close() {
        parts.log.close()
        maintenance.stop()
        // Whoever waits for a failing sync is told; here nobody does, and the next start recovers.
        try? parts.commit.wait(for: parts.log.lastLSN)
        parts.log.mark()
        try? parts.commit.wait(for: parts.log.lastLSN)
        parts.clockKeeper.stop()
        parts.lock.release()
    }

    // MARK: Background work, called

    /// Packs a stretch of the log into segments, as the flush thread does.
    /// - Returns: false where there was nothing to flush.
    package func flush() throws(StorageError) -> Bool { try maintenance.flush() }

    /// Evicts for the disk's sake and does one step of compaction, as the space thread does.
    /// - Returns: false where nothing was due.
    package func compact() throws(StorageError) -> Bool { try maintenance.compact() }

    /// Takes every expired entry out of the index, and ends overdue transactions.
    package func sweep() {
        maintenance.sweep()
        transactions.endOverdue()
    }

    /// Empties chunks of the hot tier while it is short of room.
    package func reclaimMemory() { maintenance.reclaimMemory() }

    /// Keeps a file and pages of the log ready before the writers, as the log thread does.
    package func prepareLog() throws(StorageError) { try maintenance.prepareLog() }

    /// Walks index and segments; for tests and simulation. Traps where an invariant is broken.
    package func checkInvariants() {
        parts.checkInvariants()
        transactions.checkInvariants()
    }

    /// Figures of this moment. Takes every shard's lock once.
    package func statistics() -> EngineStatistics {
        var figures = parts.statistics()
        figures.transactionsOpen = transactions.openCount
        return figures
    }
}
