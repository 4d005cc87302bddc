package import CacheBase
internal import CacheCluster
internal import Synchronization

/// What a node is to each partition and until when it may write, for threads that cannot wait: a
/// question is two loads at most, with no lock and no allocation.
///
/// Invariants: one thread at a time publishes; the partitions of a map are there before a deadline
/// that was reached with it. So whoever finds the deadline ahead finds no leadership that ended
/// before the lease was renewed.
package final class ClusterStanding: @unchecked Sendable {
    // Safe because: the cells are atomic, and `partitions` is set once.
    private let partitions: UnsafeMutablePointer<Atomic<UInt64>>
    /// Of this node's monotonic clock; 0 where it may not write.
    private let deadline = Atomic<UInt64>(0)

    package init() {
        partitions = .allocate(capacity: Limits.partitions)
        for index in 0..<Limits.partitions {
            (partitions + index).initialize(to: Atomic(Self.packed(.none, Epoch(rawValue: 0))))
        }
    }

    deinit { partitions.deallocate() }

    /// True where this node leads the partition and may take a write for it.
    /// - Parameter now: the monotonic time, looked at after the write came.
    package func mayWrite(_ partition: Partition, at now: UInt64) -> Bool {
        guard now < deadline.load(ordering: .acquiring) else { return false }
        return self[partition].role == .primary
    }

    /// What this node is to a partition, and in which of its epochs.
    package subscript(partition: Partition) -> (role: PartitionRole, epoch: Epoch) {
        let index = Int(partition.rawValue)
        precondition(index < Limits.partitions, "records of several partitions have no leader")
        let cell = partitions[index].load(ordering: .acquiring)
        guard let role = PartitionRole(rawValue: UInt8(truncatingIfNeeded: cell)) else {
            preconditionFailure("only roles are published")
        }
        return (role, Epoch(rawValue: UInt32(truncatingIfNeeded: cell >> 32)))
    }

    /// Until when this node may write, in nanoseconds of the monotonic clock; nil where it may not.
    package var mayWriteUntil: UInt64? {
        let until = deadline.load(ordering: .acquiring)
        return until == 0 ? nil : until
    }

    /// The roles of a map, and then the deadline.
    func publish(_ membership: Membership, isMapNew: Bool) {
        if isMapNew, let map = membership.map {
            for (index, state) in map.partitions.enumerated() {
                let role = membership.role(in: Partition(rawValue: UInt16(index)))
                partitions[index].store(Self.packed(role, state.epoch), ordering: .releasing)
            }
        }
        deadline.store(membership.mayWriteUntil ?? 0, ordering: .releasing)
    }

    /// No more writes.
    func close() { deadline.store(0, ordering: .releasing) }

    private static func packed(_ role: PartitionRole, _ epoch: Epoch) -> UInt64 {
        UInt64(epoch.rawValue) << 32 | UInt64(role.rawValue)
    }
}
