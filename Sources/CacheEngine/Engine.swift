package import CacheBase
package import CacheFiles
internal import Synchronization

/// Where a cold entry is; holds its segment open. Use it once, soon.
package struct ColdRead: Sendable {
    let key: [UInt8]
}

/// Buffers for cold reads; one for each thread that reads.
package final class ReadScratch {
    package init() {}
}

/// Stand-in until the storage engine lands: same interface, nothing durable.
package final class Engine: Sendable {
    struct Stored { var value: [UInt8]; var contentType: [UInt8]; var lsn: LSN; var expiry: Expiry }
    struct State { var entries: [[UInt8]: Stored] = [:]; var lsn = LSN.zero }
    private let state = Mutex(State())
    package let options: EngineOptions
    package let clock: Clock

    /// Opens the store in `options.directory`, recovering what a crash left.
    package static func open(
        _ options: EngineOptions, files: any FileSystem, clock: Clock = .system()
    ) throws(StorageError) -> Engine { Engine(options, clock) }

    private init(_ options: EngineOptions, _ clock: Clock) { self.options = options; self.clock = clock }

    /// Hashes a key with the store's own secret. Cheap; no copy.
    package func key(_ bytes: UnsafeRawBufferPointer) -> KeyView {
        KeyView(bytes: bytes, hash: UInt64(truncatingIfNeeded: Array(bytes).hashValue))
    }

    /// Looks a key up in memory and calls `body` with its entry, under a lock: `body` copies what
    /// it needs and returns at once; it calls nothing of the engine.
    package func read(_ key: KeyView, _ body: (EntryView) -> Void) -> ReadOutcome {
        state.withLock { state in
            guard let found = state.entries[Array(key.bytes)] else { return .miss }
            if found.expiry.hasPassed(at: clock.now()) { return .miss }
            found.value.withUnsafeBytes { value in
                found.contentType.withUnsafeBytes { type in
                    body(EntryView(value: value, contentType: type, lsn: found.lsn, expiry: found.expiry))
                }
            }
            return .hit
        }
    }

    /// Goes on with a read that `read` left at `.cold`; with `mayBlock`, waits for the disk.
    package func readCold(
        _ read: ColdRead, key: KeyView, scratch: ReadScratch, mayBlock: Bool,
        _ body: (EntryView) -> Void
    ) throws(StorageError) -> ColdOutcome { .moved }

    /// Writes an entry. With `SyncMode.always` the caller answers only when `durableLSN` covers
    /// the receipt's LSN. A condition on a version may read the disk.
    /// - Throws: `tooLarge`, `noSpace`, `overloaded`, `poisoned`, `closed`: nothing was written.
    package func put(
        _ key: KeyView, value: UnsafeRawBufferPointer, contentType: UnsafeRawBufferPointer,
        expiry: Expiry, condition: WriteCondition = .none
    ) throws(StorageError) -> WriteReceipt {
        state.withLock { state in
            let name = Array(key.bytes)
            let replaced = state.entries[name] != nil
            state.lsn = state.lsn.next
            state.entries[name] = Stored(value: Array(value), contentType: Array(contentType), lsn: state.lsn, expiry: expiry)
            return WriteReceipt(outcome: replaced ? .replaced : .created, lsn: state.lsn)
        }
    }

    /// Deletes an entry. Errors as `put`.
    package func remove(
        _ key: KeyView, condition: WriteCondition = .none
    ) throws(StorageError) -> WriteReceipt {
        state.withLock { state in
            let existed = state.entries.removeValue(forKey: Array(key.bytes)) != nil
            if existed { state.lsn = state.lsn.next }
            return WriteReceipt(outcome: existed ? .deleted : .absent, lsn: state.lsn)
        }
    }

    /// The newest record's version.
    package var lastLSN: LSN { state.withLock { $0.lsn } }

    /// Every record up to this one survives a power loss.
    package var durableLSN: LSN { lastLSN }

    /// True where a write is answered only once `durableLSN` covers it.
    package var answersWaitForSync: Bool { options.sync == .always }

    /// Asks that the log be synced up to `lsn` soon, whatever the mode.
    package func requestSync(_ lsn: LSN) {}

    /// Blocks until `durableLSN` covers `lsn`. Never on an event loop.
    /// - Throws: `poisoned` where a sync failed, `closed`.
    package func waitUntilDurable(_ lsn: LSN) throws(StorageError) {}

    /// Registers a callback for each advance of `durableLSN` (or nil: the log is poisoned). It runs
    /// on the log's sync thread and only hands over to its own thread.
    package func onDurableAdvance(_ callback: @escaping @Sendable (LSN?) -> Void) {}

    /// Stops background work, syncs the log, releases the folder. Every later call fails `closed`.
    package func close() {}
}
