internal import Synchronization

/// Counts where the postings of segments' entries came from. Anybody may read it at any time.
final class IndexingTally: Sendable {
    private let read = Atomic<UInt64>(0)
    private let merged = Atomic<UInt64>(0)

    /// Entries whose values were read to be indexed.
    var entriesRead: UInt64 { read.load(ordering: .relaxed) }
    /// Entries whose postings were taken from the log's tail or from other segments.
    var entriesMerged: UInt64 { merged.load(ordering: .relaxed) }

    func noteRead(_ entries: Int) { read.add(UInt64(entries), ordering: .relaxed) }
    func noteMerged(_ entries: Int) { merged.add(UInt64(entries), ordering: .relaxed) }
}
