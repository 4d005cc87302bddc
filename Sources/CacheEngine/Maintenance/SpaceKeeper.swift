internal import CacheBase

/// Keeps the segments under `max_disk`: evicts entries, in the order of `EvictionMode`, until enough
/// of what is on disk is dead, so that compaction can give the space back.
struct SpaceKeeper {
    private static let evictionsPerShard = 64

    let parts: EngineParts

    var usedBytes: UInt64 { parts.segments.all.reduce(0) { $0 + $1.fileBytes } }
    private var liveBytes: UInt64 { parts.segments.all.reduce(0) { $0 + $1.liveBytes } }

    /// Evicts while more than the allowed share of the disk is live.
    /// - Returns: entries evicted.
    func evict() -> Int {
        let limit = UInt64(EngineSizes.liveShareMax * Double(parts.limits.diskBytesMax))
        var evicted = 0
        while liveBytes > limit {
            let round = evictRound()
            parts.removals.relieve()
            if round == 0 { break }
            evicted += round
        }
        return evicted
    }

    /// Evicts a little from every shard that holds its share or more: hashes spread evenly, so
    /// shards of one size have their oldest entries at about one age.
    private func evictRound() -> Int {
        let counts = (0..<KeyIndex.shardCount).map { number in
            parts.index.withShard(number) { $0.count }
        }
        let mean = counts.reduce(0, +) / KeyIndex.shardCount
        let wanted = min(Self.evictionsPerShard, max(1, mean / 256))
        var evicted = 0
        for (number, count) in counts.enumerated() where count >= mean {
            evicted += parts.index.withShard(number) { shard in
                var done = 0
                while done < wanted, shard.count > 0 {
                    parts.evictOne(&shard)
                    done += 1
                }
                return done
            }
        }
        return evicted
    }

    /// Makes room for `bytes` more of segments.
    ///
    /// Compaction first; where it finds nothing worth rewriting, the oldest segment goes, with all
    /// that is in it: evicting costs no copy.
    /// - Returns: false where it is time to stop.
    func makeRoom(for bytes: UInt64, compactor: Compactor) throws(StorageError) -> Bool {
        while usedBytes + bytes > parts.limits.diskBytesMax {
            _ = evict()
            if try compactor.step() { continue }
            if parts.signals.stopping { return false }
            guard let oldest = parts.segments.all.first(where: { !$0.isDamaged }) else { break }
            evictAll(of: oldest)
        }
        return true
    }

    /// Evicts every entry of a segment.
    private func evictAll(of segment: Segment) {
        for number in 0..<KeyIndex.shardCount {
            parts.removals.relieve()
            parts.index.withShard(number) { shard in
                var id: UInt32 = 1
                while id <= shard.highWater {
                    let slot = shard.slot(id).pointee
                    if !slot.isFree {
                        let place = parts.place(of: slot.location)
                        if place.kind == .segment, place.segmentSlot == segment.slot {
                            parts.evict(id, &shard)
                        }
                    }
                    id += 1
                }
            }
        }
    }
}
