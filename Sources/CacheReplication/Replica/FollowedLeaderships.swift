package import CacheBase
internal import Glibc

/// The newest leadership in which a node follows each partition, whichever primary that is of.
///
/// Every primary has a sink of its own. Without this, the sink of a former primary might still apply
/// what waits in its inbox when the sink of the next has told where the node stands.
///
/// Invariant: from when `begin` returns, nothing of an older leadership is applied.
package final class FollowedLeaderships: @unchecked Sendable {
    // Safe because: both fields are written under the lock, and read under it.
    private let lock: UnsafeMutablePointer<pthread_rwlock_t>
    private var newest = [Epoch](repeating: Epoch(rawValue: 0), count: Limits.partitions)
    private var generation: UInt64 = 0

    package init() {
        lock = .allocate(capacity: 1)
        var attributes = pthread_rwlockattr_t()
        pthread_rwlockattr_init(&attributes)
        // Pages come without a pause: who begins would wait for ever.
        pthread_rwlockattr_setkind_np(
            &attributes, Int32(PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP))
        pthread_rwlock_init(lock, &attributes)
        pthread_rwlockattr_destroy(&attributes)
    }

    deinit {
        pthread_rwlock_destroy(lock)
        lock.deallocate()
    }

    /// Some partitions are followed in these leaderships. Waits for whoever applies; never on an
    /// event loop.
    func begin(_ epochs: [Partition: Epoch], _ partitions: [Partition]) {
        pthread_rwlock_wrlock(lock)
        defer { pthread_rwlock_unlock(lock) }
        for partition in partitions {
            let number = Int(partition.rawValue)
            guard let epoch = epochs[partition], epoch > newest[number] else { continue }
            newest[number] = epoch
            generation += 1
        }
    }

    /// Does something that is of a stream, where none of its leaderships is older than the newest.
    /// - Parameter epochs: of the stream's partitions.
    /// - Returns: false where one is, or there is no stream; nothing was done.
    /// - Complexity: O(1), but O(partitions) after a change.
    func ifCurrent(
        _ stream: inout IncomingStream?, _ epochs: [Partition: Epoch],
        _ body: () throws(StorageError) -> Void
    ) throws(StorageError) -> Bool {
        pthread_rwlock_rdlock(lock)
        defer { pthread_rwlock_unlock(lock) }
        if stream?.generation != generation {
            let isCurrent = stream?.partitions.allSatisfy {
                (epochs[$0] ?? Epoch(rawValue: 0)) >= newest[Int($0.rawValue)]
            }
            guard isCurrent ?? false else { return false }
            stream?.generation = generation
        }
        try body()
        return true
    }
}
