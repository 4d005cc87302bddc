internal import CacheBase
internal import CacheFiles
internal import CacheFormat

/// Packs the log's tail into segments: reads it frame by frame, keeps what the index still points
/// at, groups it by expiry, seals, re-points, checkpoints, and gives the log files back.
struct Flusher {
    let parts: EngineParts

    /// An entry of the log that the index points at.
    private struct Survivor {
        let entry: LogEntry
        let origin: SegmentWriter.Origin
    }

    /// Flushes about `sizes.flushBytes` of the log.
    /// - Returns: false where there was nothing to flush.
    /// - Throws: what the disk says; nothing is lost, and the next call begins anew.
    func flush() throws(StorageError) -> Bool {
        let (end, files, _, _) = parts.log.position()
        var cursor = LogCursor(
            from: parts.checkpoint.flushedTo, sequences: parts.checkpoint.sequences, files: files)
        guard cursor.position.lsn < end.lsn else { return try finishEarlier() }
        // What goes into a segment must not be younger than what is durable of the log.
        try parts.commit.wait(for: LSN(rawValue: end.lsn.rawValue - 1))
        let classes = try collect(&cursor, end: end)
        let sealed = try write(classes)
        let move = parts.move(from: [], to: sealed)
        try parts.checkpoint.exclusively { () throws(StorageError) in
            if let move { parts.moves.tell(move) }
            for (segment, origins) in sealed {
                parts.publish(segment, origins: origins, warm: true)
            }
            parts.checkpoint.advance(
                to: cursor.position, bytes: cursor.passedBytes, sequences: cursor.sequences)
            try parts.checkpoint.write(parts)
        }
        try release()
        parts.counters.flushes.add()
        return true
    }

    /// Does what an earlier flush did not come to because its checkpoint failed: where no write is
    /// taken any more, because the log is too far ahead, nothing else would give it back.
    /// - Returns: false where there was nothing left to do.
    private func finishEarlier() throws(StorageError) -> Bool {
        guard parts.log.releasedBytes < parts.checkpoint.flushedBytes else { return false }
        try parts.checkpoint.exclusively { () throws(StorageError) in
            try parts.checkpoint.write(parts)
        }
        try release()
        return true
    }

    private func release() throws(StorageError) {
        try parts.log.release(
            before: parts.checkpoint.flushedTo, flushedBytes: parts.checkpoint.flushedBytes)
    }

    /// The live entries of the next stretch of the log, by expiry class.
    private func collect(
        _ cursor: inout LogCursor, end: LogPosition
    ) throws(StorageError) -> [[Survivor]] {
        var classes = [[Survivor]](repeating: [], count: ExpiryClass.count)
        var bytes = [Int](repeating: 0, count: ExpiryClass.count)
        let now = parts.clock.now()
        while cursor.position.lsn < end.lsn, cursor.passedBytes < UInt64(parts.sizes.flushBytes) {
            guard let step = cursor.next() else {
                if cursor.position.lsn == end.lsn { break }
                throw StorageError(
                    .corruption, "record \(cursor.position.lsn.rawValue) of the log is damaged",
                    offset: cursor.position.offset)
            }
            // The next checkpoint must know it, whether or not its committer has noted it yet.
            if step.frame.kind == .commit, let head = try step.transactionHead() {
                parts.ledger.note(head.number, .committed, lsn: step.frame.lsn, at: head.time)
            }
            try step.forEachEntry { entry, offset in
                guard entry.kind == .put else { return }
                let origin = SegmentWriter.Origin(
                    hash: parts.hash(entry.key),
                    location: .log(fileSlot: step.fileSlot, offset: offset), lsn: entry.lsn)
                guard parts.isCurrent(origin) else { return }
                let place = ExpiryClass.of(entry.expiry, at: now)
                classes[place].append(Survivor(entry: entry, origin: origin))
                bytes[place] += entry.contentBytes
            }
        }
        joinSmall(&classes, bytes)
        return classes
    }

    /// A class too small for a segment of its own joins the next longer-lived one, but never those
    /// that live for ever: there its dead would have to be compacted away.
    private func joinSmall(_ classes: inout [[Survivor]], _ bytes: [Int]) {
        let bytesMin = parts.sizes.segmentBytes / 64
        var carried = 0
        for place in 0..<(classes.count - 2) where !classes[place].isEmpty {
            carried += bytes[place]
            if carried >= bytesMin {
                carried = 0
                continue
            }
            classes[place + 1] = classes[place] + classes[place + 1]
            classes[place] = []
        }
    }

    /// True where the log does not press: then blocks may take the slower codec.
    private var hasTime: Bool {
        parts.log.backlogBytes < UInt64(parts.sizes.flushBytes) * 3 / 2
    }

    /// Writes each class to segments of its own.
    private func write(
        _ classes: [[Survivor]]
    ) throws(StorageError) -> [(Segment, [SegmentWriter.Origin])] {
        var batch = SegmentBatch(parts, generation: 0, thorough: hasTime)
        do throws(StorageError) {
            for survivors in classes where !survivors.isEmpty {
                for survivor in survivors {
                    try batch.add(survivor.entry.content, from: survivor.origin)
                }
                try batch.sealCurrent()
            }
            try batch.makeNamesDurable()
        } catch {
            batch.discard()
            throw error
        }
        for (segment, _) in batch.sealed {
            parts.counters.flushedBytes.add(segment.fileBytes)
        }
        return batch.sealed
    }
}

extension EngineParts {
    /// True where the index still points at an entry of the log.
    @inline(__always)
    fileprivate func isCurrent(_ origin: SegmentWriter.Origin) -> Bool {
        index.withShard(of: origin.hash) { shard in
            let id = shard.find(origin.hash)
            return id != 0 && shard.slot(id).pointee.location == origin.location
        }
    }
}
