internal import CShims
package import CacheBase
internal import CacheFormat

/// Where a cold entry is; holds its segment open. For one `readCold`, soon.
package struct ColdRead: Sendable {
    let segment: Segment
    let location: Location
}

extension Engine {
    /// Looks a key up in memory and calls `body` with its entry, under a lock: `body` copies what
    /// it needs and returns at once; it calls nothing of the engine.
    package func read(_ key: KeyView, _ body: (EntryView) -> Void) -> ReadOutcome {
        let parts = parts
        return parts.index.withShard(of: key.hash) { shard in
            let id = shard.find(key.hash)
            guard id != 0 else { return parts.missed(&shard) }
            let location = shard.slot(id).pointee.location
            switch location.kind {
            case .hot:
                let entry = parts.hot.entry(at: location)
                dcs_prefetch(entry.head + 64)
                dcs_prefetch(entry.head + 128)
                shard.prefetchNeighbours(id)
                return parts.serve(key, entry.content, id, &shard, body)
            case .log:
                let entry = parts.log.table.entry(at: location)
                if parts.answersWait, entry.lsn > parts.answerableLSN {
                    return .notDurable(entry.lsn)
                }
                shard.prefetchNeighbours(id)
                return parts.serve(key, entry.content, id, &shard, body)
            case .segment:
                shard.prefetchNeighbours(id)
                return parts.leaveToDisk(id, location, &shard)
            case .none:
                preconditionFailure("an occupied slot has a location")
            }
        }
    }

    /// Goes on with a read that `read` left at `.cold`; with `mayBlock`, waits for the disk.
    ///
    /// `body` runs under no lock, with bytes of `scratch`.
    /// - Throws: `corruption` (the entry's block is damaged), `io`.
    package func readCold(
        _ read: ColdRead, key: KeyView, scratch: ReadScratch, mayBlock: Bool,
        _ body: (EntryView) -> Void
    ) throws(StorageError) -> ColdOutcome {
        try parts.readCold(read, key: key, scratch: scratch, mayBlock: mayBlock, body)
    }
}

extension LogEntry {
    @inline(__always)
    var content: EntryContent {
        EntryContent(key: key, contentType: contentType, value: value, lsn: lsn, expiry: expiry)
    }
}

extension EntryContent {
    @inline(__always)
    func hasExpired(_ clock: Clock) -> Bool { !expiry.isNever && expiry.hasPassed(at: clock.now()) }
}

extension EngineParts {
    /// See `Engine.readCold`.
    func readCold(
        _ read: ColdRead, key: KeyView, scratch: ReadScratch, mayBlock: Bool,
        _ body: (EntryView) -> Void
    ) throws(StorageError) -> ColdOutcome {
        do throws(StorageError) {
            guard
                let block = try LoadedBlock(
                    read.segment, block: read.location.block, scratch: scratch, mayBlock: mayBlock)
            else { return .wouldBlock }
            let content = try block.entry(read.location.entry)
            guard content.isOf(key), !content.hasExpired(clock) else {
                counters.coldMisses.add()
                return .miss
            }
            body(content.view)
            if options.hotTier { warm(key, content, from: read.location) }
            counters.coldHits.add()
            scratch.trim()
            return .hit
        } catch {
            if error.kind == .corruption { counters.corruptions.add() }
            throw error
        }
    }

    /// Answers from an entry in memory.
    @inline(__always)
    func serve(
        _ key: KeyView, _ content: EntryContent, _ id: UInt32, _ shard: inout IndexShard,
        _ body: (EntryView) -> Void
    ) -> ReadOutcome {
        guard content.isOf(key) else { return missed(&shard) }
        if content.hasExpired(clock) {
            expire(id, &shard)
            return missed(&shard)
        }
        body(content.view)
        shard.markRead(id)
        shard.touch(id)
        shard.hits &+= 1
        return .hit
    }

    /// A miss is as durable as the newest removal that it may be due to.
    @inline(__always)
    func missed(_ shard: inout IndexShard) -> ReadOutcome {
        if answersWait, shard.lastRemoval > answerableLSN {
            return .notDurable(shard.lastRemoval)
        }
        shard.misses &+= 1
        return .miss
    }

    func leaveToDisk(
        _ id: UInt32, _ location: Location, _ shard: inout IndexShard
    ) -> ReadOutcome {
        let second = shard.slot(id).pointee.expirySeconds
        if second != 0, second <= Slot.wholeSeconds(clock.now()) {
            expire(id, &shard)
            return missed(&shard)
        }
        shard.touch(id)
        return .cold(ColdRead(segment: segments.segment(location), location: location))
    }

    func expire(_ id: UInt32, _ shard: inout IndexShard) {
        removals.note(.expire, shard.slot(id).pointee.location, self)
        drop(id, &shard)
        counters.expirations.add()
    }

    /// Copies an entry that was read from disk into the hot tier, at its second read, or at once
    /// where there is plenty of room.
    fileprivate func warm(_ key: KeyView, _ content: EntryContent, from location: Location) {
        let hasRoom = hot.hasAmpleRoom
        index.withShard(of: key.hash) { shard in
            let id = shard.find(key.hash)
            guard id != 0 else { return }
            let slot = shard.slot(id)
            guard slot.pointee.location == location else { return }
            let wasRead = slot.pointee.isReferenced
            slot.pointee.isReferenced = true
            guard wasRead || hasRoom else { return }
            let owner = HotEntry.owner(shard: KeyIndex.shardNumber(key.hash), slotID: id)
            if let warm = hot.admit(content, owner: owner, segment: location) {
                slot.pointee.location = warm
            }
        }
    }
}
