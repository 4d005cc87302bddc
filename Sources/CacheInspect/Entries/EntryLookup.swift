package import CacheBase
internal import CacheEngine
internal import CacheFormat

/// Finds the entry of one key: by the log, then by the hints of each segment.
package struct EntryLookup {
    private let snapshot: StoreSnapshot
    private let now: Timestamp
    /// Blocks that could not be read, where the key might have been.
    package private(set) var damages: [Damage] = []

    package init(_ snapshot: StoreSnapshot, at now: Timestamp) {
        self.snapshot = snapshot
        self.now = now
        damages = snapshot.damages
    }

    /// Calls `body` with the live entry of `key`, borrowed.
    /// - Returns: false where there is none.
    /// - Throws: `io`.
    package mutating func find(
        _ key: [UInt8], _ body: (StoredEntry, EntryPlace) -> Void
    ) throws(StorageError) -> Bool {
        let hash = key.withUnsafeBytes { snapshot.hash($0) }
        let view = LogView(snapshot.log, hash: snapshot.hash)
        if let (entry, frame) = view.entry(hash) {
            guard entry.kind == .put, entry.key.elementsEqual(key),
                !entry.expiry.hasPassed(at: now)
            else { return false }
            body(StoredEntry(entry), .log(file: frame.file, offset: frame.offset))
            return true
        }
        let hints = HintReader(folder: snapshot.folder, store: snapshot.store)
        for segment in snapshot.segments {
            guard let liveness = snapshot.liveness(of: segment.id) else { continue }
            for (ordinal, hint) in try hints.entries(of: segment).enumerated()
            where hint?.hash == hash && liveness.isLive(ordinal) {
                if try read(key, segment, ordinal, body) { return true }
            }
        }
        return false
    }

    private mutating func read(
        _ key: [UInt8], _ segment: SegmentFile, _ ordinal: Int,
        _ body: (StoredEntry, EntryPlace) -> Void
    ) throws(StorageError) -> Bool {
        let scan = BlockScan(segment)
        while let block = try nextBlock(scan, segment, holding: ordinal) {
            guard block.ordinals.contains(ordinal) else { continue }
            var entries = block.entries
            for _ in block.ordinals.lowerBound..<ordinal { _ = entries.next() }
            guard let entry = entries.next(), entry.key.elementsEqual(key),
                !entry.expiry.hasPassed(at: now)
            else { return false }
            body(entry, .segment(segment.id, offset: block.offset, ordinal: ordinal))
            return true
        }
        return false
    }

    /// The block that the table says holds the entry; without a table, whole blocks in order.
    private mutating func nextBlock(
        _ scan: BlockScan, _ segment: SegmentFile, holding ordinal: Int
    ) throws(StorageError) -> LoadedBlock? {
        if let table = segment.table {
            let index = table.lastIndex { Int($0.firstOrdinal) <= ordinal } ?? 0
            if let block = try scan.block(index) { return block }
            damages.append(
                Damage(segment.name, at: table[index].offset, "a block fails its checksum"))
            return nil
        }
        while let step = try scan.next() {
            switch step {
            case .block(let block): return block
            case .damage(let range, _):
                damages.append(
                    Damage(segment.name, at: range.lowerBound, "a block fails its checksum"))
            }
        }
        return nil
    }
}
