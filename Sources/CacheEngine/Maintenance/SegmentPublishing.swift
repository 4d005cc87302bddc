internal import CacheBase
internal import CacheFiles
internal import CacheFormat

extension EngineParts {
    /// Adds a sealed segment and points the index at its entries, wherever it still points at
    /// their origins; what changed meanwhile is dead on arrival. Inside `exclusively`.
    /// - Parameter warm: what was just written is likely to be read: copies what was read already,
    ///   or all where there is room, into the hot tier.
    func publish(_ segment: Segment, origins: [SegmentWriter.Origin], warm: Bool) {
        segments.add(segment)
        var block = 0
        for (ordinal, origin) in origins.enumerated() {
            while ordinal >= segment.firstOrdinal(ofBlock: block + 1) { block += 1 }
            let place = Location.segment(
                slot: segment.slot, block: block,
                entry: ordinal - segment.firstOrdinal(ofBlock: block))
            index.withShard(of: origin.hash) { shard in
                if !repoint(origin, to: place, warm: warm, &shard) {
                    segment.markDead(place)
                } else if origin.location.kind == .segment {
                    segments.markDead(origin.location)
                }
            }
        }
    }

    /// - Returns: false where the entry is not at its origin any more.
    private func repoint(
        _ origin: SegmentWriter.Origin, to place: Location, warm: Bool, _ shard: inout IndexShard
    ) -> Bool {
        let id = shard.find(origin.hash)
        guard id != 0 else { return false }
        let slot = shard.slot(id)
        let location = slot.pointee.location
        if location == origin.location {
            slot.pointee.location = warm ? warmed(origin, id, place, slot.pointee) : place
            return true
        }
        if location.kind == .hot, hot.entry(at: location).segment == origin.location {
            hot.entry(at: location).segment = place
            return true
        }
        return false
    }

    /// Where an entry of the log goes on to: the hot tier if it deserves it, else its segment.
    private func warmed(
        _ origin: SegmentWriter.Origin, _ id: UInt32, _ place: Location, _ slot: Slot
    ) -> Location {
        guard slot.isReferenced || hot.hasAmpleRoom else { return place }
        let owner = HotEntry.owner(shard: KeyIndex.shardNumber(origin.hash), slotID: id)
        let content = log.table.entry(at: origin.location).content
        return hot.admit(content, owner: owner, segment: place) ?? place
    }

    /// Takes segments out of the table and deletes their files; no slot points at them, and a
    /// durable checkpoint does not list them.
    func delete(_ victims: [Segment]) throws(StorageError) {
        for segment in victims {
            segments.remove(segment)
            try files.remove(layout.segment(segment.id))
            for path in [layout.hint(segment.id), layout.search(segment.id)]
            where files.exists(path) {
                try files.remove(path)
            }
        }
    }
}
