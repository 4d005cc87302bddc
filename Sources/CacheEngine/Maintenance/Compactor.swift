internal import CacheBase
internal import CacheFiles
internal import CacheFormat

/// Frees the space of dead entries: deletes segments with nothing live, rewrites those that pay.
struct Compactor {
    let parts: EngineParts
    /// Waits as long as the rate demands for so many bytes; false when it is time to stop.
    let pace: (_ bytes: Int) -> Bool

    /// Does the most useful piece of work, if any is due.
    /// - Returns: false where nothing was due.
    func step() throws(StorageError) -> Bool {
        let candidates = self.candidates()
        let policy = CompactionPolicy(
            diskBytesMax: parts.limits.diskBytesMax,
            quietBytes: UInt64(parts.sizes.segmentBytes / 16))
        let dead = policy.dead(candidates)
        if !dead.isEmpty {
            try retire(dead, replacedBy: [])
            return true
        }
        guard policy.isDue(candidates) else { return false }
        let victims = policy.victims(
            candidates, outputBytes: UInt64(parts.sizes.segmentBytes))
        guard !victims.isEmpty else { return false }
        try compact(victims)
        return true
    }

    private func candidates() -> [CompactionPolicy.Candidate] {
        let now = parts.clock.now()
        return parts.segments.all.filter { !$0.isDamaged }
            .map { CompactionPolicy.Candidate($0, at: now) }
    }

    /// Copies what is live of the victims into new segments and deletes them.
    private func compact(_ ids: [SegmentID]) throws(StorageError) {
        let start = parts.clock.monotonicNanoseconds()
        let victims = parts.segments.all.filter { ids.contains($0.id) }
        let generation = (victims.map(\.generation).max() ?? 0) &+ 1
        var batch = SegmentBatch(parts, generation: generation, thorough: true)
        do throws(StorageError) {
            let scratch = ReadScratch()
            for victim in victims {
                guard try copyNotingDamage(victim, to: &batch, scratch) else {
                    batch.discard()
                    return
                }
            }
            try batch.sealCurrent()
            try batch.makeNamesDurable()
        } catch {
            batch.discard()
            throw error
        }
        for (segment, _) in batch.sealed {
            parts.counters.compactedBytes.add(segment.fileBytes)
        }
        try retire(ids, replacedBy: batch.sealed)
        parts.counters.compactions.add()
        parts.counters.compactionTimes.record(
            nanoseconds: parts.clock.monotonicNanoseconds() - start)
    }

    /// A damaged segment is left out of compaction from now on; its whole blocks stay readable.
    private func copyNotingDamage(
        _ victim: Segment, to batch: inout SegmentBatch, _ scratch: ReadScratch
    ) throws(StorageError) -> Bool {
        do throws(StorageError) {
            return try copy(victim, to: &batch, scratch)
        } catch {
            if error.kind == .corruption { victim.noteDamage() }
            throw error
        }
    }

    /// - Returns: false when it is time to stop.
    private func copy(
        _ victim: Segment, to batch: inout SegmentBatch, _ scratch: ReadScratch
    ) throws(StorageError) -> Bool {
        let now = parts.clock.now()
        for index in 0..<victim.blockCount where hasLive(victim, index) {
            let extent = victim.extent(ofBlock: index)
            guard pace(extent.bytes) else { return false }
            parts.removals.relieve()
            parts.counters.compactionReadBytes.add(UInt64(extent.bytes))
            guard
                let block = try LoadedBlock(
                    victim, block: index, scratch: scratch, mayBlock: true)
            else { continue }
            let first = victim.firstOrdinal(ofBlock: index)
            try block.forEach { position, entry throws(StorageError) in
                guard victim.liveness.isSet(first + position) else { return }
                let origin = SegmentWriter.Origin(
                    hash: parts.hash(entry.key),
                    location: .segment(slot: victim.slot, block: index, entry: position),
                    lsn: entry.lsn)
                if entry.expiry.hasPassed(at: now) {
                    parts.expire(origin)
                } else {
                    try batch.add(entry, from: origin)
                }
            }
        }
        return true
    }

    private func hasLive(_ segment: Segment, _ block: Int) -> Bool {
        let ordinals =
            segment.firstOrdinal(ofBlock: block)..<segment.firstOrdinal(ofBlock: block + 1)
        return ordinals.contains { segment.liveness.isSet($0) }
    }

    /// Publishes the replacements, writes a checkpoint without the victims, and deletes these.
    private func retire(
        _ ids: [SegmentID], replacedBy sealed: [(Segment, [SegmentWriter.Origin])]
    ) throws(StorageError) {
        let victims = parts.segments.all.filter { ids.contains($0.id) }
        let move = parts.move(from: victims, to: sealed)
        try parts.checkpoint.exclusively { () throws(StorageError) in
            if let move { parts.moves.tell(move) }
            for (segment, origins) in sealed {
                parts.publish(segment, origins: origins, warm: false)
            }
            precondition(victims.allSatisfy { $0.liveEntries == 0 }, "a victim has live entries")
            victims.forEach(parts.segments.withdraw)
            do throws(StorageError) {
                try parts.checkpoint.write(parts)
            } catch {
                victims.forEach(parts.segments.restore)
                throw error
            }
            try parts.delete(victims)
        }
    }
}

extension EngineParts {
    /// Takes an expired entry out of the index, if it still points there.
    fileprivate func expire(_ origin: SegmentWriter.Origin) {
        index.withShard(of: origin.hash) { shard in
            let id = shard.find(origin.hash)
            if id != 0, place(of: shard.slot(id).pointee.location) == origin.location {
                expire(id, &shard)
            } else {
                segments.markDead(origin.location)
            }
        }
    }

    /// Where an entry is on disk, also when the hot tier has it.
    func place(of location: Location) -> Location {
        location.kind == .hot ? hot.entry(at: location).segment : location
    }
}
