/// Hit ratios of policies over a trace, at several sizes of the cache.
package struct HitRatios: Sendable {
    /// What came of one size.
    package struct Row: Sendable {
        /// Of everything that the trace asks for.
        package let share: Double
        package let capacity: Int
        /// Hits of all requests, for each policy of `policies`.
        package let ratios: [Double]
    }

    package let unit: CacheRoom.Unit
    package let policies: [PolicyName]
    package private(set) var rows: [Row] = []

    /// Runs every policy at every size, each beginning empty: the first request for a key is a miss.
    package init(
        _ trace: Trace, unit: CacheRoom.Unit, shares: [Double],
        policies: [PolicyName] = PolicyName.allCases
    ) {
        self.unit = unit
        self.policies = policies
        let requests = max(trace.requests.count, 1)
        for share in shares {
            let room = CacheRoom(unit, share: share, of: trace)
            let ratios = policies.map { policy in
                Double(policy.hits(room, trace.requests)) / Double(requests)
            }
            rows.append(Row(share: share, capacity: room.capacity, ratios: ratios))
        }
    }
}
