package import CacheBase
internal import CacheFormat

/// A sealed segment for those who read all of it: immutable, but for what dies of it.
///
/// It stays readable as long as anybody holds it, also where it has been deleted meanwhile.
package struct SealedSegment: Sendable {
    let segment: Segment

    init(_ segment: Segment) { self.segment = segment }

    package var id: SegmentID { segment.id }
    /// Entries are numbered below it.
    package var entries: Int { segment.entries }
    package var liveEntries: Int { segment.liveEntries }
    /// The newest record that an entry of it is of.
    package var lastLSN: LSN { segment.footer.lastLSN }

    /// Tells contents of the segment's number apart.
    package var fingerprint: UInt32 { segment.footer.fingerprint(created: segment.created) }

    /// Bit n of word w is entry 64w + n; set while it is its key's newest.
    package func liveWords() -> [UInt64] { segment.liveness.snapshot() }

    package func isLive(_ ordinal: Int) -> Bool { segment.liveness.isSet(ordinal) }

    /// Calls `body` with the value of every entry, in order, but for those of damaged blocks. Waits
    /// for the disk.
    /// - Throws: `io`; and what `body` throws, which is not `corruption`.
    package func forEachValue(
        _ scratch: ReadScratch,
        _ body: (Int, UnsafeRawBufferPointer) throws(StorageError) -> Void
    ) throws(StorageError) {
        for index in 0..<segment.blockCount {
            do throws(StorageError) {
                try forEachValue(ofBlock: index, scratch, body)
            } catch {
                if error.kind != .corruption { throw error }
            }
        }
    }

    /// As above, for some entries alone; reads only the blocks that hold them.
    /// - Parameter ordinals: in ascending order.
    package func forEachValue(
        at ordinals: [Int], _ scratch: ReadScratch,
        _ body: (Int, UnsafeRawBufferPointer) throws(StorageError) -> Void
    ) throws(StorageError) {
        var next = 0
        while next < ordinals.count {
            let block = block(of: ordinals[next])
            let end = segment.firstOrdinal(ofBlock: block + 1)
            do throws(StorageError) {
                try forEachValue(ofBlock: block, scratch) { ordinal, value throws(StorageError) in
                    guard next < ordinals.count, ordinals[next] == ordinal else { return }
                    next += 1
                    try body(ordinal, value)
                }
            } catch {
                if error.kind != .corruption { throw error }
            }
            // What the block did not have is passed over.
            while next < ordinals.count, ordinals[next] < end { next += 1 }
        }
    }

    private func forEachValue(
        ofBlock index: Int, _ scratch: ReadScratch,
        _ body: (Int, UnsafeRawBufferPointer) throws(StorageError) -> Void
    ) throws(StorageError) {
        let first = segment.firstOrdinal(ofBlock: index)
        try load(block: index, scratch).forEach { position, content throws(StorageError) in
            try body(first + position, content.value)
        }
    }

    fileprivate func load(
        block: Int, _ scratch: ReadScratch
    ) throws(StorageError) -> LoadedBlock {
        let loaded = try LoadedBlock(segment, block: block, scratch: scratch, mayBlock: true)
        guard let loaded else { preconditionFailure("who may wait gets the block") }
        return loaded
    }

    /// The block that holds an entry.
    fileprivate func block(of ordinal: Int) -> Int {
        var (low, high) = (0, segment.blockCount)
        while high - low > 1 {
            let middle = (low + high) / 2
            if segment.firstOrdinal(ofBlock: middle) <= ordinal {
                low = middle
            } else {
                high = middle
            }
        }
        return low
    }
}

/// An entry that was found otherwise than by its key, copied.
package struct FoundEntry: Sendable {
    /// Of the key, as the index knows it.
    package let hash: UInt64
    package let key: [UInt8]
    package let value: [UInt8]
    package let lsn: LSN

    init(_ content: EntryContent, hash: UInt64) {
        self.hash = hash
        key = Array(content.key)
        value = Array(content.value)
        lsn = content.lsn
    }
}

extension Engine {
    /// The sealed segments, oldest first, and the first record that is in none of them; both of
    /// one moment. Waits while segments are being exchanged.
    package func sealedSegments() throws(StorageError) -> (segments: [SealedSegment], end: LSN) {
        try parts.checkpoint.exclusively {
            (parts.segments.all.map(SealedSegment.init), parts.checkpoint.flushedTo.lsn)
        }
    }

    /// Calls `listener` before entries move to new segments: whoever lists the segments afterwards
    /// has been told of all that he finds. On the thread that flushes or compacts, which must not
    /// wait; others do meanwhile.
    package func onMove(_ listener: @escaping @Sendable (EntryMove) -> Void) {
        parts.moves.add(listener)
    }

    /// Reads an entry of a segment, if it is still what its key has. Waits for the disk.
    /// - Throws: `corruption`, `io`.
    package func entry(
        _ ordinal: Int, of segment: SealedSegment, scratch: ReadScratch
    ) throws(StorageError) -> FoundEntry? {
        let block = segment.block(of: ordinal)
        let first = segment.segment.firstOrdinal(ofBlock: block)
        let content = try segment.load(block: block, scratch).entry(ordinal - first)
        guard !content.hasExpired(clock) else { return nil }
        let found = FoundEntry(content, hash: parts.hash(content.key))
        // Dead here, it may have moved to another segment.
        if segment.isLive(ordinal) { return found }
        return try entry(hash: found.hash, version: found.lsn, scratch: scratch)
    }

    /// Reads the entry of a key's hash, if it is of this version. Waits for the disk.
    /// - Throws: `corruption`, `io`.
    package func entry(
        hash: UInt64, version: LSN, scratch: ReadScratch
    ) throws(StorageError) -> FoundEntry? {
        for _ in 0..<Limits.movedReadsMax {
            switch parts.find(hash, version) {
            case .none: return nil
            case .entry(let entry): return entry
            case .cold(let read):
                let block = try SealedSegment(read.segment).load(
                    block: read.location.block, scratch)
                let content = try block.entry(read.location.entry)
                guard parts.hash(content.key) == hash else { continue }
                guard content.lsn == version, !content.hasExpired(clock) else { return nil }
                return FoundEntry(content, hash: hash)
            }
        }
        return nil
    }
}

private enum HashLookup {
    case none
    case entry(FoundEntry)
    case cold(ColdRead)
}

extension EngineParts {
    /// What of an entry is in memory; no read in the sense of the hit ratio.
    fileprivate func find(_ hash: UInt64, _ version: LSN) -> HashLookup {
        index.withShard(of: hash) { shard in
            let id = shard.find(hash)
            guard id != 0 else { return .none }
            let location = shard.slot(id).pointee.location
            let content: EntryContent
            switch location.kind {
            case .log: content = log.table.entry(at: location).content
            case .hot: content = hot.entry(at: location).content
            case .segment:
                return .cold(ColdRead(segment: segments.segment(location), location: location))
            case .none: preconditionFailure("an occupied slot has a location")
            }
            guard content.lsn == version, !content.hasExpired(clock) else { return .none }
            if answersWait, content.lsn > answerableLSN { return .none }
            return .entry(FoundEntry(content, hash: hash))
        }
    }
}
