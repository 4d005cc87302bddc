/// Every limit of membership in one place, with what happens when it is reached.
package enum MembershipLimits {
    /// Seconds of a node's lease; etcd rounds shorter ones up, longer ones delay every failover.
    package static let leaseSecondsRange = 1...60
    /// Changes of copies that wait for the map's next epoch; a further one is refused, and its
    /// proposer asks again later.
    package static let proposalsMax = 4096
    /// Arrivals and losses that one write of the map takes in; the others wait for the next. Each
    /// is a condition of the transaction, of which etcd allows 128 by default.
    package static let eventsPerWriteMax = 100
    /// Entries of one cluster in the store; an answer with more of them is refused.
    package static let entriesMax = 2048
    /// Bytes of a node's registration; a longer one is refused.
    package static let registrationBytesMax = 1024
    /// Milliseconds between two looks at what is due; a lease is at least ten of them.
    package static let tickMilliseconds = 100
    /// What happened and was not taken in yet; the oldest is dropped, as if it had been lost.
    package static let eventsMax = 256
}
