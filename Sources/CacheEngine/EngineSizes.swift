internal import CacheBase

/// The sizes that follow from `max_memory` and `max_disk`; every buffer's limit is here.
struct EngineSizes: Sendable {
    let memoryBytesMax: Int
    let diskBytesMax: UInt64
    /// One log file: 1/16 of the memory, 4 to 64 MiB.
    let logFileBytes: Int
    /// Entries that fit the memory with nothing in the hot tier.
    let entriesMax: Int
    /// Raw bytes of one segment, about: 1/32 of the disk, 1 to 64 MiB.
    let segmentBytes: Int

    init(_ options: EngineOptions) {
        memoryBytesMax = Int(clamping: options.memoryBytesMax)
        diskBytesMax = options.diskBytesMax
        let logFileBytes =
            options.logFileBytes
            ?? Self.powerOfTwo(memoryBytesMax / 16, 4 << 20, 64 << 20)
        self.logFileBytes = logFileBytes
        entriesMax =
            options.entriesMax
            ?? Self.entriesMax(
                memoryBytes: memoryBytesMax, logFileBytes: logFileBytes, options.eviction)
        segmentBytes =
            options.segmentBytes
            ?? Self.powerOfTwo(Int(clamping: diskBytesMax / 32), 1 << 20, 64 << 20)
    }

    /// Slot and table share of one key, measured at the index's mean load.
    static let indexBytesPerKey = 31
    /// What `GhostLines` keep for each key.
    static let ghostBytesPerKey = 2
    /// What the process needs beside index, values and log: code, stacks, buffers of connections.
    static let processBytes = 24 << 20

    /// The log is flushed when it is this long.
    var flushBytes: Int { logFileBytes }
    /// Writes are refused when the flusher is this far behind.
    var backlogBytesMax: UInt64 { backlogBytesMax(memoryBytes: memoryBytesMax) }
    /// The same where the memory has been changed.
    func backlogBytesMax(memoryBytes: Int) -> UInt64 {
        UInt64(max(memoryBytes / 4, 4 * logFileBytes))
    }
    /// Kept present in memory ahead of the writers: some 20 ms of the fastest writing. More is
    /// paid for with stalls, since every present page is written at the next sync.
    var populateBytes: Int { min(logFileBytes / 4, 4 << 20) }
    /// Writes of one open transaction, and of all together with what is remembered of their reads.
    var transactionBytesMax: Int { min(Limits.transactionBytesMax, transactionsBytesMax) }
    var transactionsBytesMax: Int { memoryBytesMax / 8 }
    /// Address space of the index and the hot tier allows `max_memory` to be raised so far.
    static let growthMax = 4
    /// Eviction keeps live bytes under this share of the disk, so that compaction finds dead ones.
    static let liveShareMax = 0.80
    /// Compaction runs when the disk is this full, and everywhere when this much is dead.
    static let diskFillHigh = 0.90
    static let deadShareHigh = 0.50

    /// Entries whose index fits so much memory beside the process and the log.
    static func entriesMax(
        memoryBytes: Int, logFileBytes: Int, _ eviction: EvictionMode
    ) -> Int {
        let room = memoryBytes - processBytes - 2 * logFileBytes
        let ghostBytes = eviction == .s3FIFO ? ghostBytesPerKey : 0
        return max(room, memoryBytes / 8) / (indexBytesPerKey + ghostBytes)
    }

    private static func powerOfTwo(_ wanted: Int, _ low: Int, _ high: Int) -> Int {
        var size = low
        while size < high, size * 2 <= wanted { size *= 2 }
        return size
    }
}
