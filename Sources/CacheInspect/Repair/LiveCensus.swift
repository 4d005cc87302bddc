internal import CacheBase
internal import CacheFormat

/// Counts live entries among those that cannot be read: by the checkpoint's bits, and by the hint
/// file for those whose keys the log wrote again.
struct LiveCensus {
    private let liveness: SegmentLiveness?
    private let hints: [HintEntry?]?
    private let superseded: Set<UInt64>

    /// - Throws: `io`.
    init(
        _ segment: SegmentFile, _ source: RepairSource, _ superseded: Set<UInt64>
    ) throws(StorageError) {
        liveness = source.checkpoint?.segments.first { $0.id == segment.id }
        self.superseded = superseded
        let entries = liveness?.entries ?? segment.footer?.entries
        if let entries {
            hints = try HintReader(folder: source.folder, store: source.store)
                .fromFile(segment.id, entries: Int(entries))
        } else {
            hints = nil
        }
    }

    func count(_ ordinals: Range<Int>) -> Int {
        ordinals.count { ordinal in
            guard liveness?.isLive(ordinal) ?? true else { return false }
            guard let hints, ordinal < hints.count, let hint = hints[ordinal] else { return true }
            return !superseded.contains(hint.hash)
        }
    }
}
