package import CacheBase
internal import CacheEngine
internal import CacheFiles
package import CacheFormat

/// A store as one checkpoint and the log after it describe it, opened to read.
///
/// Beside a running server it is the state of a moment: segments stay open when the server deletes
/// them, and the log is copied. Where the server moves on while the snapshot is taken, it is taken
/// again.
package final class StoreSnapshot {
    package let folder: StoreFolder
    package let store: StoreFile
    package let checkpoint: Checkpoint
    /// Those of the checkpoint that could be opened, oldest id first.
    package let segments: [SegmentFile]
    package let log: LogTail
    let clockFile: StoreFolder.ClockFile
    /// What was found wrong while it was opened.
    package let damages: [Damage]
    let hash: KeyHash
    private let liveness: [SegmentID: SegmentLiveness]

    /// Takes a snapshot.
    /// - Parameters:
    ///   - isDirect: for a pass over all of it, past the page cache.
    ///   - note: hears in a sentence of each repeated attempt.
    /// - Throws: `notFound`, `foreign`, `corruption` (of `STORE` or `CHECKPOINT`), `newerFormat`,
    ///   `io`, and `overloaded` where a server moves on too fast.
    package static func take(
        of folder: StoreFolder, isDirect: Bool = false, note: (String) -> Void
    ) throws(StorageError) -> StoreSnapshot {
        let store = try folder.store()
        for attempt in 1...InspectLimits.attemptsMax {
            let checkpoint = try folder.checkpoint(of: store.id)
            let result = Result { () throws(StorageError) in
                try StoreSnapshot(folder, store, checkpoint, isDirect: isDirect)
            }
            if case .success(let snapshot) = result, snapshot.damages.isEmpty { return snapshot }
            let now = try folder.checkpoint(of: store.id).number
            if now == checkpoint.number {
                // A log file that this checkpoint has let go of is deleted a moment after it.
                if case .failure(let error) = result, error.kind == .notFound,
                    attempt < InspectLimits.attemptsMax
                {
                    continue
                }
                return try result.get()
            }
            note(
                "the server went on from checkpoint \(checkpoint.number) to \(now) meanwhile; "
                    + "reading again")
        }
        throw StorageError(
            .overloaded, "the server changes the store faster than it can be opened; try again")
    }

    private init(
        _ folder: StoreFolder, _ store: StoreFile, _ checkpoint: Checkpoint, isDirect: Bool
    ) throws(StorageError) {
        self.folder = folder
        self.store = store
        self.checkpoint = checkpoint
        hash = KeyHash(secret: store.hashKey)
        liveness = Dictionary(
            checkpoint.segments.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        var segments: [SegmentFile] = []
        var damages: [Damage] = []
        for listed in checkpoint.segments.sorted(by: { $0.id < $1.id }) {
            do throws(StorageError) {
                let segment = try SegmentFile(
                    listed.id, in: folder, store: store.id, isDirect: isDirect)
                segments.append(segment)
                damages += segment.damages
                damages += Self.disagreement(segment, listed)
            } catch {
                guard error.kind == .notFound else { throw error }
                let name = folder.name(folder.layout.segment(listed.id))
                damages.append(
                    Damage(
                        name,
                        "missing; the checkpoint lists it with "
                            + "\(listed.liveEntries) live entries"))
            }
        }
        log = try LogReader(folder: folder, store: store.id, checkpoint: checkpoint).read()
        clockFile = try folder.clock(of: store.id)
        if clockFile == .damaged {
            damages.append(
                Damage(
                    folder.name(folder.layout.clock),
                    "damaged; the checkpoint has an older mark of the clock"))
        }
        self.segments = segments
        self.damages = damages + log.damages
    }

    private static func disagreement(
        _ segment: SegmentFile, _ listed: SegmentLiveness
    ) -> [Damage] {
        guard let footer = segment.footer, footer.entries != listed.entries else { return [] }
        return [
            Damage(
                segment.name, at: footer.tableOffset,
                "the footer counts \(footer.entries) entries, the checkpoint \(listed.entries)")
        ]
    }

    /// What is live of a segment.
    package func liveness(of segment: SegmentID) -> SegmentLiveness? { liveness[segment] }

    /// A time that is not before any that the server has acted on.
    package func now(_ clock: Clock) -> Timestamp {
        guard case .mark(let mark) = clockFile else {
            return max(clock.now(), checkpoint.clockMark)
        }
        return max(clock.now(), checkpoint.clockMark, mark)
    }
}

extension SegmentLiveness {
    /// True where the entry is live; false for ordinals that it does not have.
    @inline(__always)
    func isLive(_ ordinal: Int) -> Bool {
        let word = ordinal >> 6
        return word < bitmap.count && ordinal < Int(entries)
            && bitmap[word] >> UInt64(ordinal & 63) & 1 != 0
    }
}
