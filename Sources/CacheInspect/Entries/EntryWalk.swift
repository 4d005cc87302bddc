package import CacheBase
internal import CacheEngine
internal import CacheFormat

/// Where a live entry is on disk.
package enum EntryPlace: Hashable, Sendable {
    /// The block at `offset` of a segment, and the entry's ordinal in the segment.
    case segment(SegmentID, offset: UInt64, ordinal: Int)
    /// The frame at `offset` of a file of the log.
    case log(file: String, offset: UInt64)
}

/// Goes over every live entry of a snapshot: segments by id, each in its order, then the log.
///
/// What a damaged block held is passed over, and is in `damages` afterwards.
package struct EntryWalk {
    private let snapshot: StoreSnapshot
    private let now: Timestamp
    private let view: LogView
    package private(set) var damages: [Damage]

    /// - Parameter now: entries whose time has come by then are not live.
    package init(_ snapshot: StoreSnapshot, at now: Timestamp) {
        self.snapshot = snapshot
        self.now = now
        view = LogView(snapshot.log, hash: snapshot.hash)
        damages = snapshot.damages
    }

    /// Calls `body` with each live entry, borrowed.
    /// - Parameter advance: hears of bytes read.
    /// - Throws: `io`, and what `body` throws.
    /// - Complexity: reads every segment once.
    package mutating func run(
        advance: (Int) -> Void = { _ in },
        _ body: (StoredEntry, EntryPlace) throws(StorageError) -> Void
    ) throws(StorageError) {
        for segment in snapshot.segments { try walk(segment, advance, body) }
        let now = now
        try view.forEachPut { entry, frame, _ throws(StorageError) in
            guard !entry.expiry.hasPassed(at: now) else { return }
            try body(StoredEntry(entry), .log(file: frame.file, offset: frame.offset))
        }
    }

    private mutating func walk(
        _ segment: SegmentFile, _ advance: (Int) -> Void,
        _ body: (StoredEntry, EntryPlace) throws(StorageError) -> Void
    ) throws(StorageError) {
        guard let liveness = snapshot.liveness(of: segment.id) else { return }
        let scan = BlockScan(segment)
        while let step = try scan.next() {
            switch step {
            case .damage(let range, _):
                damages.append(
                    Damage(segment.name, at: range.lowerBound, "a block fails its checksum"))
            case .block(let block):
                try walk(block, of: segment.id, liveness, body)
                advance(block.bytes)
            }
        }
    }

    private func walk(
        _ block: LoadedBlock, of segment: SegmentID, _ liveness: SegmentLiveness,
        _ body: (StoredEntry, EntryPlace) throws(StorageError) -> Void
    ) throws(StorageError) {
        var ordinal = block.ordinals.lowerBound
        var entries = block.entries
        while let entry = entries.next() {
            defer { ordinal += 1 }
            guard liveness.isLive(ordinal), !entry.expiry.hasPassed(at: now),
                !view.supersedes(snapshot.hash(entry.key))
            else { continue }
            try body(entry, .segment(segment, offset: block.offset, ordinal: ordinal))
        }
    }
}
