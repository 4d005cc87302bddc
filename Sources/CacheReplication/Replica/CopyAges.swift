package import CacheBase
internal import Synchronization

/// How old the copies are that this node has of what others lead.
///
/// Invariant: of each partition, a moment of this process's monotonic clock from before which nothing
/// that was acknowledged is missing here; 0 where none is known.
package final class CopyAges: Sendable {
    private let moments = Mutex([UInt64](repeating: 0, count: Limits.partitions))

    package init() {}

    /// Everything that was acknowledged up to a moment is here.
    func note(_ partitions: Set<Partition>, asOf moment: UInt64) {
        moments.withLock { moments in
            for partition in partitions {
                let number = Int(partition.rawValue)
                moments[number] = max(moments[number], moment)
            }
        }
    }

    /// What was here is given up.
    func forget(_ partitions: [Partition]) {
        moments.withLock { moments in
            for partition in partitions { moments[Int(partition.rawValue)] = 0 }
        }
    }

    /// Milliseconds by which a copy may be behind at `now` of the monotonic clock, rounded up; nil
    /// where nobody knows.
    package func milliseconds(_ partition: Partition, now: UInt64) -> UInt64? {
        let moment = moments.withLock { $0[Int(partition.rawValue)] }
        guard moment > 0 else { return nil }
        return (now - min(now, moment) + 999_999) / 1_000_000
    }
}
