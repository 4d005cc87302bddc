package import CacheBase
internal import CacheEngine
internal import CacheFiles
internal import CacheFormat

/// Figures of a store, from checkpoint, hints and log; no block is read where the hints are whole.
package struct StoreFigures: Sendable {
    /// Entries by the time they have left.
    package struct Remaining: Sendable {
        /// Upper bounds in seconds, and one class for what never expires.
        package static let boundsSeconds: [UInt64] = [
            60, 300, 3600, 21_600, 86_400, 604_800, 2_592_000, .max / 1000,
        ]
        package internal(set) var counts = [UInt64](repeating: 0, count: boundsSeconds.count)
        package internal(set) var never: UInt64 = 0

        mutating func add(_ expiry: UInt64, at now: Timestamp) {
            if expiry == 0 {
                never += 1
                return
            }
            let left = (expiry - min(expiry, now.rawValue)) / 1000
            counts[Self.boundsSeconds.firstIndex { left < $0 } ?? counts.count - 1] += 1
        }
    }

    package internal(set) var liveEntries: UInt64 = 0
    /// Of the live ones, those whose newest bytes are in the log.
    package internal(set) var logEntries: UInt64 = 0
    /// Entries of segments that were overwritten, deleted, evicted or have expired.
    package internal(set) var deadEntries: UInt64 = 0
    /// Of the dead ones, those that have expired and still have their bit.
    package internal(set) var expiredEntries: UInt64 = 0
    package internal(set) var segmentEntries: UInt64 = 0
    package internal(set) var segmentBytes: UInt64 = 0
    package internal(set) var hintBytes: UInt64 = 0
    package internal(set) var checkpointBytes: UInt64 = 0
    /// Of the log's files, spares included, and of the frames after the checkpoint.
    package internal(set) var logFileBytes: UInt64 = 0
    package internal(set) var logBytes: UInt64 = 0
    package internal(set) var logRecords: UInt64 = 0
    /// Before compression.
    package internal(set) var rawBytes: UInt64 = 0
    package internal(set) var oldestSegment: Timestamp?
    package internal(set) var newestSegment: Timestamp?
    package internal(set) var remaining = Remaining()
    package internal(set) var damages: [Damage] = []
    package internal(set) var now = Timestamp(rawValue: 0)

    package var deadShare: Double {
        segmentEntries == 0 ? 0 : Double(deadEntries) / Double(segmentEntries)
    }
    /// Bytes before compression by bytes stored, of the blocks.
    package var compressionRatio: Double {
        segmentBytes == 0 ? 1 : Double(rawBytes) / Double(segmentBytes)
    }
}

extension StoreFigures {
    /// Counts a snapshot.
    /// - Throws: `io`.
    package init(_ snapshot: StoreSnapshot, at now: Timestamp) throws(StorageError) {
        self.now = now
        damages = snapshot.damages
        let view = LogView(snapshot.log, hash: snapshot.hash)
        for segment in snapshot.segments { try count(segment, snapshot, view) }
        try view.forEachPut { entry, _, _ throws(StorageError) in
            guard !entry.expiry.hasPassed(at: now) else { return }
            logEntries += 1
            remaining.add(entry.expiry.rawValue, at: now)
        }
        liveEntries += logEntries
        deadEntries = segmentEntries - (liveEntries - logEntries)
        for index in 0..<snapshot.log.count {
            logBytes += UInt64(snapshot.log.frame(index).frame.frameBytes)
        }
        logRecords = UInt64(snapshot.log.count)
        try countFiles(snapshot.folder)
    }

    private mutating func count(
        _ segment: SegmentFile, _ snapshot: StoreSnapshot, _ view: LogView
    ) throws(StorageError) {
        segmentBytes += segment.bytes
        rawBytes += segment.footer?.rawBytes ?? 0
        segmentEntries += UInt64(segment.footer?.entries ?? 0)
        if let created = segment.head?.created {
            oldestSegment = min(oldestSegment ?? created, created)
            newestSegment = max(newestSegment ?? created, created)
        }
        guard let liveness = snapshot.liveness(of: segment.id) else { return }
        let hints = try HintReader(folder: snapshot.folder, store: snapshot.store)
            .entries(of: segment)
        for (ordinal, hint) in hints.enumerated() {
            guard let hint, liveness.isLive(ordinal), !view.supersedes(hint.hash) else { continue }
            if hint.expirySeconds != 0, UInt64(hint.expirySeconds) <= now.rawValue / 1000 {
                expiredEntries += 1
            } else {
                liveEntries += 1
                remaining.add(UInt64(hint.expirySeconds) * 1000, at: now)
            }
        }
    }

    private mutating func countFiles(_ folder: StoreFolder) throws(StorageError) {
        checkpointBytes = try size(folder.layout.checkpoint, folder)
        for path in try folder.logPaths() { logFileBytes += try size(path, folder) }
        for name in try folder.files.list(folder.layout.segments) where name.hasSuffix(".hint") {
            hintBytes += try size(folder.layout.segments + "/" + name, folder)
        }
    }

    /// 0 where a running server deletes the file meanwhile.
    private func size(_ path: String, _ folder: StoreFolder) throws(StorageError) -> UInt64 {
        do throws(StorageError) {
            return try folder.files.open(path, .read).size()
        } catch {
            guard error.kind == .notFound else { throw error }
            return 0
        }
    }
}
