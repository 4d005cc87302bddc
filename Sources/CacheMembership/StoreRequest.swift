/// The number that the store gave a lease.
package struct LeaseID: Hashable, Sendable {
    package let rawValue: Int64

    package init(rawValue: Int64) { self.rawValue = rawValue }
}

/// A key of the store, with what is there.
package struct StoreEntry: Sendable, Equatable {
    package let key: String
    package let value: [UInt8]
    /// The store's revision at which the key was last written.
    package let revision: Int64
    /// The entry goes when this lease ends.
    package let lease: LeaseID?

    package init(key: String, value: [UInt8], revision: Int64, lease: LeaseID?) {
        self.key = key
        self.value = value
        self.revision = revision
        self.lease = lease
    }
}

/// A condition of a transaction: the key was last written at this revision; 0 means that it is not
/// there.
package struct StoreCondition: Sendable, Equatable {
    package let key: String
    package let revision: Int64

    package init(key: String, revision: Int64) {
        self.key = key
        self.revision = revision
    }
}

/// What a node asks of the store that the cluster agrees through: the part of etcd's contract that
/// membership needs.
///
/// The store is linearizable: a request takes effect at one instant between its being sent and its
/// being answered, or later where the answer is lost, or never.
package enum StoreRequest: Sendable, Equatable {
    case grantLease(seconds: Int)
    /// The lease's time begins anew when the store gets this.
    case keepAlive(LeaseID)
    /// Ends the lease now, with all its entries.
    case revokeLease(LeaseID)
    /// All entries whose keys begin so, at one revision.
    case read(prefix: String)
    /// Writes one entry where all conditions hold, and nothing where one does not.
    case write(key: String, value: [UInt8], lease: LeaseID?, conditions: [StoreCondition])
}

/// What the store answers.
package enum StoreReply: Sendable, Equatable {
    case lease(LeaseID, seconds: Int)
    /// There is no such lease, or no longer.
    case noLease
    case revoked
    case entries([StoreEntry], revision: Int64)
    /// False: a condition did not hold.
    case written(Bool)
}
