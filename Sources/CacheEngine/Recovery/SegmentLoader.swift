internal import CacheBase
internal import CacheFiles
internal import CacheFormat
internal import Synchronization

/// Opens the segments of a checkpoint and fills the index from their hints.
///
/// A damaged segment is opened with what is whole of it. Its hint file still names the keys of what
/// is lost; where that is damaged too, nobody can, and the store does not open.
struct SegmentLoader {
    /// Hashes looked ahead, so that their cache lines are on the way.
    private static let lookahead = 16

    let layout: StoreLayout
    let files: any FileSystem
    let store: StoreFile
    let table: SegmentTable
    let index: KeyIndex
    let clock: Clock
    let omissions: UnsafeOmissions
    let observer: @Sendable (EngineEvent) -> Void

    /// Deletes segment files that the checkpoint does not list: what was written when the process
    /// died, or was replaced.
    func deleteOrphans(keeping listed: Set<SegmentID>) throws(StorageError) {
        for name in try files.list(layout.segments) {
            let isListed = StoreLayout.segmentID(ofFile: name).map(listed.contains) ?? false
            if !isListed { try files.remove(layout.segments + "/" + name) }
        }
    }

    /// Opens the segments, oldest first, and points the index at their live entries.
    /// - Returns: hint files that had to be rebuilt.
    func load(_ listed: [SegmentLiveness]) throws(StorageError) -> Int {
        var rebuilt = 0
        for (number, liveness) in listed.sorted(by: { $0.id < $1.id }).enumerated() {
            observer(
                .recovering(
                    RecoveryProgress(segmentsLoaded: number, segments: listed.count)))
            let segment = try open(liveness)
            table.add(segment)
            var bytes = try hintBytes(of: segment)
            if try !isWhole(bytes, segment) {
                bytes = try rebuildHint(of: segment)
                rebuilt += 1
            }
            try fill(from: bytes, segment)
        }
        return rebuilt
    }

    /// - Throws: `corruption` where the file is missing, or is another one's.
    private func open(_ liveness: SegmentLiveness) throws(StorageError) -> Segment {
        let path = layout.segment(liveness.id)
        let file: any File
        do throws(StorageError) {
            file = try files.open(path, .read)
        } catch {
            guard error.kind == .notFound else { throw error }
            throw StorageError(.corruption, "a segment of the checkpoint is missing", file: path)
        }
        let size = try file.size()
        let head = try readHead(file, size, liveness.id)
        guard let head, let (footer, blocks) = try readFooter(file, size, liveness) else {
            return try salvage(file, size, head, liveness)
        }
        return Segment(
            slot: try table.reserveSlot(), file: file, head: head, footer: footer, table: blocks,
            bits: liveness.bitmap, checksummed: !omissions.contains(.checksum))
    }

    /// The head; nil where it is damaged.
    private func readHead(
        _ file: any File, _ size: UInt64, _ id: SegmentID
    ) throws(StorageError) -> SegmentHead? {
        guard size >= UInt64(SegmentHead.bytes) else { return nil }
        let bytes = try readAll(file, at: 0, count: SegmentHead.bytes)
        let head = try withBytes(bytes) { raw throws(StorageError) in
            try SegmentHead(verifying: raw)
        }
        guard let head else { return nil }
        guard head.store == store.id, head.id == id else {
            throw StorageError(.corruption, "the file of another segment", file: file.path)
        }
        return head
    }

    /// Footer and table of blocks; nil where one of them is damaged.
    private func readFooter(
        _ file: any File, _ size: UInt64, _ liveness: SegmentLiveness
    ) throws(StorageError) -> (SegmentFooter, [BlockReference])? {
        guard size >= UInt64(SegmentHead.bytes + SegmentFooter.bytes) else { return nil }
        let bytes = try readAll(
            file, at: size - UInt64(SegmentFooter.bytes), count: SegmentFooter.bytes)
        let footer = try withBytes(bytes) { raw throws(StorageError) in
            try SegmentFooter(verifying: raw, fileBytes: size)
        }
        guard let footer, footer.id == liveness.id, footer.entries == liveness.entries else {
            return nil
        }
        let tableBytes = try readAll(file, at: footer.tableOffset, count: footer.tableBytes)
        guard let blocks = tableBytes.withUnsafeBytes({ footer.table(verifying: $0) }) else {
            return nil
        }
        return (footer, blocks)
    }

    /// Opens a damaged segment with what is whole of it; compaction leaves it alone.
    private func salvage(
        _ file: any File, _ size: UInt64, _ head: SegmentHead?, _ liveness: SegmentLiveness
    ) throws(StorageError) -> Segment {
        let bytes = try readAll(file, at: 0, count: Int(clamping: size))
        let found = bytes.withUnsafeBytes {
            SegmentSalvage($0, id: liveness.id, entries: Int(liveness.entries))
        }
        guard found.table.count < SegmentWriter.blocksMax else {
            throw StorageError(.corruption, "the segment is damaged", file: file.path)
        }
        // Where the file is cut, its lost entries lie behind its end.
        let end = max(size & ~7, found.table.last?.offset ?? 0)
        let footer = SegmentFooter(
            tableOffset: end, blocks: UInt32(found.table.count), entries: liveness.entries,
            rawBytes: size, earliestExpiry: .never, latestExpiry: .never, firstLSN: .zero,
            lastLSN: .zero, id: liveness.id)
        let head =
            head
            ?? SegmentHead(store: store.id, id: liveness.id, created: clock.now(), generation: 0)
        let segment = Segment(
            slot: try table.reserveSlot(), file: file, head: head, footer: footer,
            table: found.table, bits: liveness.bitmap)
        segment.noteDamage()
        observer(.segmentDamaged(file: file.path, entriesLost: found.lostEntries))
        return segment
    }

    private func hintBytes(of segment: Segment) throws(StorageError) -> [UInt8] {
        let path = layout.hint(segment.id)
        guard files.exists(path) else { return [] }
        return try files.contents(of: path, limit: 48 + segment.entries * 12)
    }

    private func isWhole(_ bytes: [UInt8], _ segment: Segment) throws(StorageError) -> Bool {
        try withBytes(bytes) { raw throws(StorageError) in
            try HintFile.verified(
                raw, store: store.id, segment: segment.id, entries: segment.entries) != nil
        }
    }

    /// Reads every block of a segment for what its hint file should say, and writes it again.
    private func rebuildHint(of segment: Segment) throws(StorageError) -> [UInt8] {
        let hash = KeyHash(secret: store.hashKey)
        let scratch = ReadScratch()
        var entries: [HintEntry] = []
        for index in 0..<segment.blockCount {
            guard
                let block = try LoadedBlock(
                    segment, block: index, scratch: scratch, mayBlock: true)
            else { continue }
            try block.forEach { _, entry in
                entries.append(
                    HintEntry(
                        hash: hash(entry.key), expirySeconds: Slot.seconds(entry.expiry.rawValue)))
            }
        }
        let bytes = HintFile.encoded(entries, store: store.id, segment: segment.id)
        let path = layout.hint(segment.id)
        do throws(StorageError) {
            try replaceFile(path, with: bytes, files: files)
            observer(.hintRebuilt(file: path))
        } catch {
            // Nothing depends on the file; the next start rebuilds it again.
            observer(.backgroundFailure(task: "hint", error))
        }
        return bytes
    }

    /// Inserts a segment's live entries. Two threads share the shards: each reads all hashes and
    /// takes those of its own.
    private func fill(from hint: [UInt8], _ segment: Segment) throws(StorageError) {
        let failure = Mutex<StorageError?>(nil)
        let now = Slot.wholeSeconds(clock.now())
        let other =
            segment.entries < 4096
            ? nil
            : BackgroundThread(name: "dcs-load") {
                fillHalf(1, of: 2, hint, segment, now, failure)
            }
        fillHalf(0, of: other == nil ? 1 : 2, hint, segment, now, failure)
        other?.join()
        if let failure = failure.withLock({ $0 }) { throw failure }
    }

    private func fillHalf(
        _ part: Int, of parts: Int, _ hint: [UInt8], _ segment: Segment, _ now: UInt32,
        _ failure: borrowing Mutex<StorageError?>
    ) {
        hint.withUnsafeBytes { raw in
            do throws(StorageError) {
                guard
                    let columns = try HintFile.verified(
                        raw, store: store.id, segment: segment.id, entries: segment.entries)
                else { throw StorageError(.corruption, "a hint file changed while it was read") }
                insert(columns, part, parts, segment, now)
            } catch {
                failure.withLock { $0 = error }
            }
        }
    }

    private func insert(
        _ columns: HintColumns, _ part: Int, _ parts: Int, _ segment: Segment, _ now: UInt32
    ) {
        var block = 0
        for ordinal in 0..<columns.count {
            let ahead = ordinal + Self.lookahead
            if ahead < columns.count {
                let hash = columns[ahead].hash
                if KeyIndex.shardNumber(hash) % parts == part {
                    index.prefetchLine(hash)
                }
            }
            while ordinal >= segment.firstOrdinal(ofBlock: block + 1) { block += 1 }
            let entry = columns[ordinal]
            guard KeyIndex.shardNumber(entry.hash) % parts == part,
                segment.liveness.isSet(ordinal)
            else { continue }
            let location = Location.segment(
                slot: segment.slot, block: block,
                entry: ordinal - segment.firstOrdinal(ofBlock: block))
            insert(entry, location, segment, now)
        }
    }

    private func insert(
        _ entry: HintEntry, _ location: Location, _ segment: Segment, _ now: UInt32
    ) {
        if entry.expirySeconds != 0, entry.expirySeconds <= now {
            segment.markDead(location)
            return
        }
        index.withShard(of: entry.hash) { shard in
            // Two live entries of one hash are two keys that collide: the younger stays.
            let id = shard.find(entry.hash)
            if id != 0 {
                table.markDead(shard.slot(id).pointee.location)
                shard.replace(id, location: location, expirySeconds: entry.expirySeconds)
                shard.touch(id)
            } else if shard.isFull {
                segment.markDead(location)
            } else {
                _ = shard.insert(
                    entry.hash, location: location, expirySeconds: entry.expirySeconds)
                index.noteGrowth(of: entry.hash)
            }
        }
    }
}

/// Reads exactly `count` bytes.
func readAll(_ file: any File, at offset: UInt64, count: Int) throws(StorageError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    var failure: StorageError?
    let got = bytes.withUnsafeMutableBytes { raw -> Int in
        do throws(StorageError) {
            return try file.read(into: raw, at: offset)
        } catch {
            failure = error
            return 0
        }
    }
    if let failure { throw failure }
    guard got == count else {
        throw StorageError(.corruption, "the file ends early", file: file.path, offset: offset)
    }
    return bytes
}

/// `withUnsafeBytes` with a typed error.
func withBytes<Result>(
    _ bytes: [UInt8], _ body: (UnsafeRawBufferPointer) throws(StorageError) -> Result
) throws(StorageError) -> Result {
    var failure: StorageError?
    let result = bytes.withUnsafeBytes { raw -> Result? in
        do throws(StorageError) {
            return try body(raw)
        } catch {
            failure = error
            return nil
        }
    }
    if let failure { throw failure }
    return result.unsafelyUnwrapped
}
