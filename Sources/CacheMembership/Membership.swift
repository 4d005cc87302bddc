package import CacheBase
package import CacheCluster

/// One node's part in its cluster: event in, requests out; no I/O, no clock, no lock.
///
/// Times are nanoseconds of this node's monotonic clock, and never run backwards. Answers that are
/// lost, late or doubled do no harm: an answer counts only for the request that is being waited
/// for, and every write has the conditions under which it is right.
///
/// What always holds:
/// - `mayWriteUntil` is counted from the *sending* of what renewed the lease, less a margin; so it
///   is over before the store can end the lease.
/// - A node writes only after it saw its own registration under its present lease. The map seen
///   with it is therefore no older than the registration.
/// - A renewal that comes when the writes had ended already counts only after the registration was
///   read again: an etcd that does not know yet that it lost its leadership renews leases that the
///   others ended.
/// - A node is declared lost by a write that has its absence as a condition. With the point before:
///   who comes back sees the map that took his partitions before he may write again.
/// - A node registers only while the map does not have it as alive: whoever was away is declared lost
///   first, by itself where nobody else saw it, and its copies count for nothing meanwhile.
/// - A leadership is handed over by its holder alone, over the map in which it had to stop.
/// - The map's epoch only rises. A map that contradicts the one known ends the writes for good.
package struct Membership: Sendable {
    // Constant.
    package let settings: MembershipSettings

    // What is known of the cluster.
    package internal(set) var map: ClusterMap?
    /// What is wrong with what the store says; nil where nothing is.
    package internal(set) var fault: MembershipFault?
    var view = StoreView()

    // The lease.
    var lease: LeaseID?
    /// When what last renewed the lease was sent, and for how long it holds.
    var renewal: (sentAt: UInt64, seconds: Int)?
    /// The registration under this lease was seen.
    var isRegistered = false
    var isStopping = false

    // Requests under way, at most one of each kind, and when the next are due.
    var leaseRequest: PendingRequest?
    var readRequest: PendingRequest?
    var writeRequest: PendingRequest?
    var nextNumber: UInt64 = 1
    var nextKeepAlive: UInt64 = 0
    var nextRead: UInt64 = 0
    /// The view is no older than the last write of this node.
    var isViewFresh = false

    var proposals = Proposals()

    /// - Parameter known: the last map that this node kept; a store that has none, or one before
    ///   it, lost what the cluster agreed on, and is not built upon.
    package init(_ settings: MembershipSettings, known: ClusterMap? = nil) {
        self.settings = settings
        map = known
    }

    /// Until when this node may answer writes, if nothing else is heard; nil where it may not.
    package var mayWriteUntil: UInt64? {
        guard isRegistered, !isStopping, fault == nil, lease != nil, let renewal else { return nil }
        return renewal.sentAt + settings.writable(seconds: renewal.seconds)
    }

    /// True where this node leads the partition and may take a write for it now.
    package func mayWrite(_ partition: Partition, at now: UInt64) -> Bool {
        guard let until = mayWriteUntil, now < until, let state = map?[partition] else {
            return false
        }
        return state.primary == settings.member.id && state.successor == nil
    }

    /// What this node is to a partition.
    package func role(in partition: Partition) -> PartitionRole {
        guard let state = map?[partition] else { return .none }
        let id = settings.member.id
        if state.primary == id { return state.successor == nil ? .primary : .handingOver }
        if state.inSync.contains(id) { return .inSync }
        return state.learners.contains(id) ? .learner : .none
    }

    /// True where this node was elected and its election was seen.
    package var isController: Bool {
        isRegistered && view.controller.map { $0.lease == lease } ?? false
    }
}

/// What a node is to a partition.
package enum PartitionRole: UInt8, Sendable {
    case primary
    /// It leads and takes no more writes: its successor gets what it lacks.
    case handingOver
    case inSync
    case learner
    case none
}

/// What the store says that cannot be; the node reads on from the map it has, and stops to write.
package enum MembershipFault: Error, Sendable, Equatable {
    /// There was a map, and there is none now.
    case mapVanished
    /// The store's revision fell: it was restored from a copy, or is another.
    case storeWentBack(known: Int64, seen: Int64)
    /// The map went back to an epoch before, or an epoch has another content.
    case mapWentBack(known: UInt64, seen: UInt64)
    case unreadable(String)
}

/// A request that goes to the store; its number comes back with the answer.
package struct NumberedRequest: Sendable, Equatable {
    package let number: UInt64
    package let request: StoreRequest
}

/// What is known of a request under way.
struct PendingRequest: Sendable {
    let number: UInt64
    let request: StoreRequest
    let sentAt: UInt64
}

/// The cluster's entries in the store, as last read.
struct StoreView: Sendable {
    var revision: Int64 = 0
    var map: StoreEntry?
    var controller: StoreEntry?
    var nodes: [NodeID: StoreEntry] = [:]
}
