package import CacheBase

/// When a write's record reaches the disk.
package enum SyncMode: Sendable, Hashable {
    /// Before the write is answered; concurrent writes share one sync (group commit).
    case always
    /// In the background, at least this often: what a power loss may cost.
    case interval(milliseconds: Int)
    /// When the kernel likes.
    case never
}

/// What an engine is opened with. Sizes in bytes.
package struct EngineOptions: Sendable {
    /// The data folder; made where there is none.
    package var directory: String
    /// For index, hot values and mapped log together, the process's own share included.
    package var memoryBytesMax: UInt64 = 1 << 30
    /// For segment files.
    package var diskBytesMax: UInt64 = 10 << 30
    package var sync: SyncMode = .interval(milliseconds: 100)
    package var keyBytesMax = Limits.keyBytesDefault
    package var valueBytesMax = Limits.valueBytesDefault
    /// Which entry goes when there is no room. Nothing of it is on disk: each start may choose anew.
    package var eviction = EvictionMode.lru
    /// False keeps no values in memory beyond the log's tail.
    package var hotTier = true
    /// Bytes that compaction may read and write a second; foreground work comes first.
    package var compactionBytesPerSecond: UInt64 = 200 << 20
    /// False starts no threads: flush, compaction and expiry run only when called. For tests and
    /// simulation.
    package var backgroundWork = true
    /// Bytes of a log file, and after which the log is flushed; nil derives them from the memory.
    package var logFileBytes: Int?
    /// Raw bytes of a segment; nil derives them from the disk's share.
    package var segmentBytes: Int?
    /// Entries that the index may hold; nil derives them from the memory.
    package var entriesMax: Int?
    /// What a new store's identity and hash secret, and the nonces of the log, are made from; nil
    /// for the system's randomness. For simulation, where every run must repeat: each opening has
    /// its own.
    package var identitySeed: UInt64?
    /// After so long an open transaction is rolled back. May change at run time, see
    /// `Transactions.setTimeout`.
    package var transactionTimeoutMilliseconds: UInt64 = 30_000
    /// What this engine leaves out, so that tests can show that they would notice.
    package var unsafeOmissions: UnsafeOmissions = []
    /// Hears of what happens in the background, on a background thread.
    package var observer: @Sendable (EngineEvent) -> Void = { _ in }

    package init(directory: String) { self.directory = directory }
}

/// Parts of what keeps data safe that a test may leave out, to prove that its checks find the harm.
/// No setting reaches them.
package struct UnsafeOmissions: OptionSet, Sendable {
    package let rawValue: UInt8

    package init(rawValue: UInt8) { self.rawValue = rawValue }

    /// Commits take no notice of what others changed.
    package static let commitValidation = UnsafeOmissions(rawValue: 1 << 0)
    /// Syncs are claimed and not made.
    package static let sync = UnsafeOmissions(rawValue: 1 << 1)
    /// Checksums are not compared.
    package static let checksum = UnsafeOmissions(rawValue: 1 << 2)
    /// Bits of dead entries stay set.
    package static let bitmapUpdate = UnsafeOmissions(rawValue: 1 << 3)
    /// Clients' writes are taken of partitions that this node does not lead.
    package static let fencing = UnsafeOmissions(rawValue: 1 << 4)
    /// Another node's records are applied as often as they come.
    package static let deduplication = UnsafeOmissions(rawValue: 1 << 5)
    /// Answers wait for no copies.
    package static let copies = UnsafeOmissions(rawValue: 1 << 6)
}

/// What the engine tells its operator.
package enum EngineEvent: Sendable {
    /// How far opening has come; often, and on the thread that opens.
    case recovering(RecoveryProgress)
    case recovered(RecoveryReport)
    /// Background work failed; it is tried again.
    case backgroundFailure(task: String, StorageError)
    /// A hint file was missing or damaged and was rebuilt from its segment.
    case hintRebuilt(file: String)
    /// The head of a log file was damaged and was made again: its records go on where those of the
    /// file before end.
    case logHeadRebuilt(file: String)
    /// A segment was found damaged; what is whole of it is served, and reads of the lost entries
    /// fail.
    case segmentDamaged(file: String, entriesLost: Int)
}

/// How far `Engine.open` has come.
package struct RecoveryProgress: Sendable, Hashable {
    /// Segments whose keys are in the index, of all.
    package var segmentsLoaded = 0
    package var segments = 0
    /// Records of the log that were applied behind them.
    package var replayedRecords = 0

    package init(segmentsLoaded: Int = 0, segments: Int = 0, replayedRecords: Int = 0) {
        self.segmentsLoaded = segmentsLoaded
        self.segments = segments
        self.replayedRecords = replayedRecords
    }
}

/// What `Engine.open` found and did.
package struct RecoveryReport: Sendable, Hashable {
    package var segments = 0
    /// Entries that are live after recovery.
    package var entries = 0
    /// Records read from the log.
    package var replayedRecords = 0
    /// The newest record that was recovered.
    package var lastLSN = LSN.zero
    /// Bytes of an incomplete last record that were cut.
    package var tornBytes = 0
    package var hintsRebuilt = 0
    package var milliseconds: UInt64 = 0
}
