internal import CacheBase

/// Takes expired entries out of the index, some slots at a time, so that their space comes back
/// although nobody asks for them.
///
/// A pass over a shard costs about 2 ns a slot, and is skipped while nothing in it can have expired.
struct Sweeper {
    private static let slotsPerLock = 2048

    let parts: EngineParts

    /// Goes over every shard once. Calls `mayContinue` between locks; stops where it says no.
    func sweep(_ mayContinue: () -> Bool = { true }) {
        let now = Slot.wholeSeconds(parts.clock.now())
        for number in 0..<KeyIndex.shardCount where mayContinue() {
            sweepShard(number, now, mayContinue)
        }
    }

    private func sweepShard(_ number: Int, _ now: UInt32, _ mayContinue: () -> Bool) {
        let isDue = parts.index.withShard(number) { $0.earliestExpiry <= now }
        guard isDue else { return }
        parts.index.withShard(number) { $0.earliestExpiry = .max }
        var next: UInt32 = 1
        var earliest = UInt32.max
        while mayContinue() {
            let isDone = parts.index.withShard(number) { shard -> Bool in
                let end = min(shard.highWater, next &+ UInt32(Self.slotsPerLock))
                while next <= end {
                    let second = shard.slot(next).pointee.expirySeconds
                    if second != 0, !shard.slot(next).pointee.isFree {
                        if second <= now {
                            parts.expire(next, &shard)
                        } else {
                            earliest = min(earliest, second)
                        }
                    }
                    next &+= 1
                }
                return next > shard.highWater
            }
            parts.removals.relieve()
            if isDone { break }
        }
        parts.index.withShard(number) { $0.earliestExpiry = min($0.earliestExpiry, earliest) }
    }
}
