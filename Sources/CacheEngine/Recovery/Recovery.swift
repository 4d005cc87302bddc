internal import CacheBase
internal import CacheFiles
internal import CacheFormat

/// Opens a data folder: identity, checkpoint, segments and hints, then the log from the
/// checkpoint's place. Idempotent: a crash at any step leaves a folder that it opens as well.
struct Recovery {
    /// Records between two reports of progress: a few tens of milliseconds.
    private static let recordsPerReport = 1 << 16

    private let options: EngineOptions
    private let sizes: EngineSizes
    private let files: any FileSystem
    private let clock: Clock
    private let layout: StoreLayout

    init(_ options: EngineOptions, files: any FileSystem, clock: Clock) {
        self.options = options
        sizes = EngineSizes(options)
        self.files = files
        self.clock = clock
        layout = StoreLayout(directory: options.directory)
    }

    func run() throws(StorageError) -> (EngineParts, RecoveryReport) {
        let start = clock.monotonicNanoseconds()
        // Somebody else's folder is left without so much as a lock file.
        try StoreIdentity(layout: layout, files: files).refuseForeign()
        try files.createDirectory(options.directory)
        let lock = try files.lockDirectory(options.directory)
        do throws(StorageError) {
            var (parts, report) = try recover(lock)
            report.milliseconds = (clock.monotonicNanoseconds() - start) / 1_000_000
            return (parts, report)
        } catch {
            lock.release()
            throw error
        }
    }

    private func recover(
        _ lock: any DirectoryLock
    ) throws(StorageError) -> (EngineParts, RecoveryReport) {
        let store = try StoreIdentity(layout: layout, files: files, seed: options.identitySeed)
            .openOrCreate()
        let checkpoint = try readCheckpoint(store.id)
        // A checkpoint that was renamed and whose folder was not synced may still give way to the
        // one before, which needs files that the following steps delete or reuse.
        try files.syncDirectory(layout.directory)
        try FormatCheck(layout: layout, files: files).refuseNewer()
        clock.raise(to: checkpoint.clockMark)
        if let mark = try ClockKeeper.mark(layout, files, store: store.id) {
            clock.raise(to: mark)
        }

        var report = RecoveryReport()
        let live = checkpoint.segments.reduce(0) { $0 + $1.liveEntries }
        let index = try KeyIndex(
            entriesMax: max(sizes.entriesMax * EngineSizes.growthMax, live), expectedEntries: live,
            eviction: options.eviction)
        let table = SegmentTable()
        let loader = SegmentLoader(
            layout: layout, files: files, store: store, table: table, index: index, clock: clock,
            omissions: options.unsafeOmissions, observer: options.observer)
        try loader.deleteOrphans(keeping: Set(checkpoint.segments.map(\.id)))
        report.hintsRebuilt = try loader.load(checkpoint.segments)
        report.segments = checkpoint.segments.count

        let signals = MaintenanceSignals()
        let opener = LogOpener(
            layout: layout, files: files, sizes: sizes, store: store.id, checkpoint: checkpoint,
            omissions: options.unsafeOmissions, seed: options.identitySeed,
            observer: options.observer)
        let log = try opener.open { signals.signal(.flush, .prepareLog) }
        let parts = EngineParts(
            options: options, sizes: sizes, clock: clock, files: files, layout: layout, lock: lock,
            store: store, index: index, log: log.log,
            hot: try HotTier(
                bytesMax: options.hotTier ? sizes.memoryBytesMax * EngineSizes.growthMax : 0,
                budget: options.hotTier
                    ? MemoryGovernor.startingBudget(sizes, indexBytes: index.bytes) : 0),
            segments: table, checkpoint: CheckpointState(checkpoint),
            ledger: TransactionLedger(checkpoint), signals: signals,
            clockKeeper: try ClockKeeper(clock, layout: layout, files: files, store: store.id))
        index.setCapacity(sizes.entriesMax)
        report.replayedRecords = try replay(
            log.replay, into: parts, behind: checkpoint.segments.count)
        index.endFilling()
        parts.ledger.endRecovery(at: clock.now())
        parts.log.releasePages()
        report.lastLSN = log.lastLSN
        report.tornBytes = log.tornBytes
        report.entries = index.count
        return (parts, report)
    }

    private func readCheckpoint(_ store: StoreID) throws(StorageError) -> Checkpoint {
        let bytes = try files.contents(of: layout.checkpoint, limit: Checkpoint.bytesMax)
        do throws(StorageError) {
            return try Checkpoint(decoding: bytes, store: store)
        } catch {
            throw StorageError(error.kind, error.message, file: layout.checkpoint)
        }
    }

    /// Applies the log's records from the checkpoint on.
    /// - Returns: records applied.
    private func replay(
        _ start: LogCursor, into parts: EngineParts, behind segments: Int
    ) throws(StorageError) -> Int {
        var cursor = start
        var records = 0
        var pipeline = ReplayPipeline(parts)
        while let step = cursor.next() {
            if records % Self.recordsPerReport == 0 {
                options.observer(
                    .recovering(
                        RecoveryProgress(
                            segmentsLoaded: segments, segments: segments,
                            replayedRecords: records)))
            }
            records += 1
            if let head = try step.transactionHead() {
                parts.ledger.replay(head, step.frame)
            }
            try step.forEachEntry { entry, offset in
                pipeline.add(entry, at: .log(fileSlot: step.fileSlot, offset: offset))
            }
        }
        pipeline.drain()
        return records
    }
}
