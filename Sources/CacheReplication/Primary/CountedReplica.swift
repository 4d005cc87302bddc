internal import CacheBase

/// A node that a primary waits for.
///
/// Invariant: the node has every record up to `acked` of all the partitions that it counts for.
struct CountedReplica {
    private(set) var acked: LSN
    private var partitions: Set<Partition> = []
    /// The streams that carry them; empty where something is carried by none.
    private var carriers: Set<UInt64> = []
    /// The streams by which `carriers` was found; nil where it is to be found anew.
    private var seen: [UInt64]?
    /// The newest record when it was last seen to have everything before, and when that was.
    private(set) var target: LSN
    private var since: UInt64

    init(acked: LSN, last: LSN, now: UInt64) {
        self.acked = acked
        target = last
        since = now
    }

    /// It counts for these partitions from now on.
    /// - Parameter answered: up to here it has everything, whatever is new.
    mutating func count(for partitions: Set<Partition>, answered: LSN) {
        guard partitions != self.partitions else { return }
        // Of what is new it has acknowledged nothing.
        if !partitions.isSubset(of: self.partitions) { acked = min(acked, answered) }
        self.partitions = partitions
        seen = nil
    }

    /// Takes in how far the node's streams have come.
    mutating func advance(_ streams: [StreamProgress]) {
        find(streams)
        guard !carriers.isEmpty else { return }
        let least = streams.filter { carriers.contains($0.id) }.map(\.acked).min()
        if let least, least > acked { acked = least }
    }

    /// Notes whether it keeps up.
    mutating func note(_ last: LSN, _ now: UInt64) {
        guard acked >= target else { return }
        target = last
        since = now
    }

    func lags(_ now: UInt64, nanoseconds: UInt64) -> Bool {
        acked < target && now - min(now, since) > nanoseconds
    }

    /// Finds the streams that carry the partitions, where the streams are others than before.
    private mutating func find(_ streams: [StreamProgress]) {
        let following = streams.filter(\.isFollowing)
        let numbers = following.map(\.id).sorted()
        guard numbers != seen else { return }
        seen = numbers
        let carrying = following.filter { !$0.partitions.isDisjoint(with: partitions) }
        let carried = carrying.reduce(into: Set<Partition>()) { $0.formUnion($1.partitions) }
        carriers = carried.isSuperset(of: partitions) ? Set(carrying.map(\.id)) : []
    }
}
