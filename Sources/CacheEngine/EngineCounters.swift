package import CacheBase
internal import Synchronization

/// A number that several threads add to.
struct Counter: ~Copyable, Sendable {
    private let number = Atomic<UInt64>(0)

    @inline(__always)
    func add(_ amount: UInt64 = 1) { number.add(amount, ordering: .relaxed) }

    var value: UInt64 { number.load(ordering: .relaxed) }
}

/// What is counted off the hot path, or on it by threads that share no line.
final class EngineCounters: Sendable {
    let coldHits = Counter()
    let coldMisses = Counter()
    let evictions = Counter()
    let expirations = Counter()
    /// Segment bytes written by the flusher and by compaction.
    let flushedBytes = Counter()
    let compactedBytes = Counter()
    let flushes = Counter()
    let compactions = Counter()
    let corruptions = Counter()
    /// Segment bytes read by compaction.
    let compactionReadBytes = Counter()
    /// One writer each: whoever syncs, flushes or compacts, which is one thread at a time.
    let syncTimes = LatencyHistograms()
    let flushTimes = LatencyHistograms()
    let compactionTimes = LatencyHistograms()
    let transactionsCommitted = Counter()
    /// Ended because a key was changed by someone else.
    let transactionConflicts = Counter()
    let transactionsRolledBack = Counter()
    let transactionsTimedOut = Counter()
}

/// Figures of an engine at a moment, for `/stats`, metrics and benchmarks. Bytes, or counts.
package struct EngineStatistics: Sendable {
    package var liveEntries = 0
    package var hits: UInt64 = 0
    package var misses: UInt64 = 0
    package var evictions: UInt64 = 0
    package var expirations: UInt64 = 0
    /// Resident memory of the process.
    package var memoryUsedBytes: UInt64 = 0
    /// `max_memory` and `max_disk`, as they are now.
    package var memoryBytesMax: UInt64 = 0
    package var diskBytesMax: UInt64 = 0
    package var indexBytes = 0
    package var hotBytes = 0
    package var diskUsedBytes: UInt64 = 0
    package var diskLiveBytes: UInt64 = 0
    package var segments = 0
    /// Frames appended since the engine was opened.
    package var logBytesAppended: UInt64 = 0
    /// Files of the log in use.
    package var logFileBytes = 0
    /// Appended and not flushed yet.
    package var logBacklogBytes: UInt64 = 0
    package var syncs: UInt64 = 0
    /// Segment bytes written by the flusher and by compaction.
    package var flushedBytes: UInt64 = 0
    package var compactedBytes: UInt64 = 0
    package var flushes: UInt64 = 0
    package var compactions: UInt64 = 0
    package var corruptions: UInt64 = 0
    /// Segment bytes read by compaction.
    package var compactionReadBytes: UInt64 = 0
    package var syncTimes = LatencySnapshot()
    package var flushTimes = LatencySnapshot()
    package var compactionTimes = LatencySnapshot()
    package var lastLSN = LSN.zero
    package var durableLSN = LSN.zero
    package var acceptsWrites = true
    package var isDiskFull = false
    package var transactionsOpen = 0
    package var transactionsCommitted: UInt64 = 0
    /// Ended because a key was changed by someone else.
    package var transactionConflicts: UInt64 = 0
    package var transactionsRolledBack: UInt64 = 0
    package var transactionsTimedOut: UInt64 = 0

    package init() {}

    /// Bytes written to the disk for each byte of the log; 1 where nothing was written yet.
    package var writeAmplification: Double {
        guard logBytesAppended > 0 else { return 1 }
        let written = logBytesAppended + flushedBytes + compactedBytes
        return Double(written) / Double(logBytesAppended)
    }
}
