internal import CacheBase
internal import CacheFiles
internal import CacheFormat
internal import Synchronization

/// How far the log is flushed, and the numbers that the next checkpoint carries.
///
/// Invariant: between the addition of a segment to the table and the last re-pointing of its
/// entries no checkpoint is taken; both happen inside `exclusively`. Otherwise a checkpoint could
/// list a stale entry as live beside its newer version.
final class CheckpointState: @unchecked Sendable {
    // Safe because: the fields are used only inside `exclusively`.
    private let lock = WaitCondition()
    private let nextSegment: Atomic<UInt64>
    private(set) var number: UInt64
    private(set) var flushedTo: LogPosition
    private(set) var flushedBytes: UInt64 = 0
    private(set) var sequences: [UInt64]

    init(_ checkpoint: Checkpoint) {
        number = checkpoint.number
        nextSegment = Atomic(checkpoint.nextSegment.rawValue)
        flushedTo = checkpoint.replayFrom
        sequences = checkpoint.sequences
    }

    /// A number that no segment had before.
    func newSegmentID() -> SegmentID {
        SegmentID(rawValue: nextSegment.add(1, ordering: .relaxed).oldValue)
    }

    /// Runs a change of the set of segments; held across disk writes, by background threads only.
    func exclusively<Result>(
        _ body: () throws(StorageError) -> Result
    ) throws(StorageError) -> Result {
        try lock.withLock(body)
    }

    /// The flusher got so far. Inside `exclusively`.
    func advance(to position: LogPosition, bytes: UInt64, sequences: [UInt64]) {
        flushedTo = position
        flushedBytes += bytes
        self.sequences = sequences
    }

    /// Makes the liveness of all segments and the place in the log durable at once. Inside
    /// `exclusively`.
    ///
    /// The bitmaps are copied first and the log synced after: a bit that a record cleared is never
    /// durable before that record.
    func write(_ parts: EngineParts) throws(StorageError) {
        let segments = parts.segments.all.map { segment in
            SegmentLiveness(
                id: segment.id, entries: UInt32(segment.entries),
                bitmap: segment.liveness.snapshot())
        }
        // What they say of commits is durable with the log up to here, as the bitmaps are.
        let (incarnation, histories) = parts.ledger.snapshot()
        let last = parts.log.lastLSN
        try parts.commit.wait(for: last)
        let checkpoint = Checkpoint(
            store: parts.store.id, number: number + 1, clockMark: parts.clock.now(),
            replayFrom: flushedTo, epoch: Epoch(rawValue: 1), durableLSN: last,
            nextSegment: SegmentID(rawValue: nextSegment.load(ordering: .relaxed)),
            sequences: sequences, segments: segments, incarnation: incarnation,
            histories: histories)
        try replaceFile(parts.layout.checkpoint, with: checkpoint.encoded(), files: parts.files)
        number += 1
    }
}

/// Replaces a file by an array in one step.
func replaceFile(
    _ path: String, with bytes: [UInt8], files: any FileSystem
) throws(StorageError) {
    var failure: StorageError?
    bytes.withUnsafeBytes { raw in
        do throws(StorageError) { try files.replace(path, with: raw) } catch { failure = error }
    }
    if let failure { throw failure }
}
