internal import CacheBase
internal import CacheFormat

/// Applies entries of the log to the index some at a time, so that the waits for memory of one
/// overlap those of the others.
///
/// Invariant: entries are applied in the order added.
struct ReplayPipeline {
    private static let depth = 32

    private struct Pending {
        let entry: LogEntry
        let hash: UInt64
        let location: Location
    }

    private let parts: EngineParts
    private var pending: [Pending] = []

    init(_ parts: EngineParts) {
        self.parts = parts
        pending.reserveCapacity(Self.depth)
    }

    mutating func add(_ entry: LogEntry, at location: Location) {
        let hash = parts.hash(entry.key)
        parts.index.prefetchLine(hash)
        pending.append(Pending(entry: entry, hash: hash, location: location))
        if pending.count == Self.depth { drain() }
    }

    /// Applies what was added.
    mutating func drain() {
        for item in pending { parts.index.prefetchSlot(item.hash) }
        for item in pending {
            parts.index.withShard(of: item.hash) { shard in
                parts.point(
                    item.entry.kind, item.hash, at: item.location, expiry: item.entry.expiry,
                    lsn: item.entry.lsn, shard.find(item.hash), &shard)
            }
        }
        pending.removeAll(keepingCapacity: true)
    }
}
