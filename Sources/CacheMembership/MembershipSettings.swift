package import CacheCluster

/// What a node brings into its cluster.
package struct MembershipSettings: Sendable {
    /// This node: its name and where it is reached.
    package var member: Member
    package var keys: StoreKeys
    /// Copies of each partition, where this node is the first and makes the map.
    package var copies: Int
    package var leaseSeconds: Int
    /// How much earlier than its lease a node stops to write, in hundredths of the lease.
    ///
    /// It covers a monotonic clock that is slower than the store's by up to 5 %, and as much again
    /// from the look at the deadline to the write's answer: 150 ms each with the default lease.
    package var marginPercent = 10

    package init(member: Member, keys: StoreKeys, copies: Int, leaseSeconds: Int = 3) {
        precondition(
            MembershipLimits.leaseSecondsRange.contains(leaseSeconds), "the lease is out of range")
        self.member = member
        self.keys = keys
        self.copies = copies
        self.leaseSeconds = leaseSeconds
    }

    /// Nanoseconds of a lease of so many seconds for which a node may write.
    func writable(seconds: Int) -> UInt64 {
        UInt64(seconds) * 10_000_000 * UInt64(100 - marginPercent)
    }

    /// Nanoseconds from one keep-alive to the next, and for which an answer is waited: four fit
    /// into the lease, so that two may be lost.
    var interval: UInt64 { UInt64(leaseSeconds) * 250_000_000 }
}
