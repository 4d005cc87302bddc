/// A store with etcd's contract in memory, for tests and simulations: revisions, leases, conditions.
///
/// Invariants: the revision rises by one with each change; an entry under a lease is there only
/// while the lease is.
package struct SimulatedStore: Sendable {
    package private(set) var entries: [String: StoreEntry] = [:]
    package private(set) var revision: Int64 = 1
    private var leases: [LeaseID: (seconds: Int, endsAt: UInt64)] = [:]
    private var nextLease: Int64 = 1

    package init() {}

    /// Takes a request in at a time of the store's clock, in nanoseconds.
    package mutating func handle(_ request: StoreRequest, at now: UInt64) -> StoreReply {
        expire(at: now)
        switch request {
        case .grantLease(let seconds):
            let lease = LeaseID(rawValue: nextLease)
            nextLease += 1
            leases[lease] = (seconds, now + Self.nanoseconds(seconds))
            return .lease(lease, seconds: seconds)
        case .keepAlive(let lease):
            guard let known = leases[lease] else { return .noLease }
            leases[lease]?.endsAt = now + Self.nanoseconds(known.seconds)
            return .lease(lease, seconds: known.seconds)
        case .revokeLease(let lease):
            guard leases[lease] != nil else { return .noLease }
            end(lease)
            return .revoked
        case .read(let prefix):
            let found = entries.values.filter { $0.key.hasPrefix(prefix) }
            return .entries(found.sorted { $0.key < $1.key }, revision: revision)
        case .write(let key, let value, let lease, let conditions):
            return .written(write(key, value, lease, conditions))
        }
    }

    /// Ends the leases whose time is over.
    /// - Returns: true where entries went with them.
    @discardableResult
    package mutating func expire(at now: UInt64) -> Bool {
        let before = revision
        for lease in leases.filter({ $0.value.endsAt <= now }).map(\.key) { end(lease) }
        return revision != before
    }

    private mutating func end(_ lease: LeaseID) {
        leases[lease] = nil
        let gone = entries.values.filter { $0.lease == lease }.map(\.key)
        guard !gone.isEmpty else { return }
        revision += 1
        for key in gone { entries[key] = nil }
    }

    private mutating func write(
        _ key: String, _ value: [UInt8], _ lease: LeaseID?, _ conditions: [StoreCondition]
    ) -> Bool {
        guard conditions.allSatisfy({ entries[$0.key]?.revision ?? 0 == $0.revision }),
            lease.map({ leases[$0] != nil }) ?? true
        else { return false }
        revision += 1
        entries[key] = StoreEntry(key: key, value: value, revision: revision, lease: lease)
        return true
    }

    private static func nanoseconds(_ seconds: Int) -> UInt64 { UInt64(seconds) * 1_000_000_000 }
}
