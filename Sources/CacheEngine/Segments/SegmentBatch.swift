internal import CacheBase
internal import CacheFiles
internal import CacheFormat

/// The segments that one flush or compaction writes: begins a new one where one is full.
///
/// Invariant: a file is either of a segment in `sealed` or of the one being written; `discard`
/// deletes them all.
struct SegmentBatch {
    private let parts: EngineParts
    private let generation: UInt16
    private let compressor = Compressor()
    private let thorough: Bool
    private var current: SegmentWriter?
    private(set) var sealed: [(Segment, [SegmentWriter.Origin])] = []

    /// - Parameter thorough: whether there is time for the slower codec where it pays.
    init(_ parts: EngineParts, generation: UInt16, thorough: Bool) {
        self.parts = parts
        self.generation = generation
        self.thorough = thorough
    }

    mutating func add(
        _ entry: EntryContent, from origin: SegmentWriter.Origin
    ) throws(StorageError) {
        if current == nil {
            let head = SegmentHead(
                store: parts.store.id, id: parts.checkpoint.newSegmentID(),
                created: parts.clock.now(), generation: generation)
            current = try SegmentWriter(
                head, layout: parts.layout, files: parts.files, compressor: compressor,
                thorough: thorough)
        }
        try current?.add(entry, from: origin)
        if isCurrentFull { try sealCurrent() }
    }

    private var isCurrentFull: Bool {
        (current?.rawBytes ?? 0) >= UInt64(parts.sizes.segmentBytes) || current?.isFull == true
    }

    /// Ends the segment being written, if any.
    mutating func sealCurrent() throws(StorageError) {
        guard current != nil else { return }
        let slot = try parts.segments.reserveSlot()
        guard let segment = try current?.seal(store: parts.store.id, slot: slot) else { return }
        sealed.append((segment, current?.origins ?? []))
        current = nil
    }

    func makeNamesDurable() throws(StorageError) {
        if !sealed.isEmpty { try parts.files.syncDirectory(parts.layout.segments) }
    }

    /// Deletes what was written; for a batch that failed.
    mutating func discard() {
        let ids = sealed.map { $0.0.id } + [current?.head.id].compactMap { $0 }
        for (segment, _) in sealed { parts.segments.returnSlot(segment.slot) }
        sealed = []
        current = nil
        for id in ids {
            // Left-overs are found and deleted at the next start as well.
            try? parts.files.remove(parts.layout.segment(id))
            try? parts.files.remove(parts.layout.hint(id))
        }
    }
}
