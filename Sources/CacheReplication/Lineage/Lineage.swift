package import CacheBase

/// Under which leadership each record of a partition was written.
///
/// Two nodes that have a record of the same number from the same leadership have the same records
/// up to it. So a replica is compared with its primary by the last record and its leadership, as in
/// Kafka's KIP-101.
///
/// Invariant: epochs and first sequences ascend.
package struct Lineage: Sendable, Equatable {
    /// One leadership.
    package struct Leadership: Sendable, Equatable {
        package let epoch: Epoch
        /// The number of the first record that may have been written in it.
        package let first: UInt64

        package init(epoch: Epoch, first: UInt64) {
            self.epoch = epoch
            self.first = first
        }
    }

    package private(set) var leaderships: [Leadership]

    package init() { leaderships = [] }

    /// Nil where the invariant does not hold.
    package init?(_ leaderships: [Leadership]) {
        guard leaderships.count <= ReplicationLimits.leadershipsMax,
            zip(leaderships, leaderships.dropFirst()).allSatisfy({
                $0.epoch < $1.epoch && $0.first <= $1.first
            })
        else { return nil }
        self.leaderships = leaderships
    }

    package var last: Epoch { leaderships.last?.epoch ?? Epoch(rawValue: 0) }

    /// The leadership in which a record was written; epoch 0 for one from before the first.
    package func epoch(of sequence: UInt64) -> Epoch {
        leaderships.last { $0.first <= sequence }?.epoch ?? Epoch(rawValue: 0)
    }

    /// A leadership begins behind a record.
    /// - Returns: false where it is older than the newest known: somebody else's history.
    package mutating func begin(_ epoch: Epoch, after sequence: UInt64) -> Bool {
        if epoch == last, !leaderships.isEmpty { return true }
        guard epoch > last else { return false }
        // One in which nothing was written leaves no trace.
        leaderships.removeAll { $0.first > sequence }
        leaderships.append(Leadership(epoch: epoch, first: sequence + 1))
        if leaderships.count > ReplicationLimits.leadershipsMax { leaderships.removeFirst() }
        return true
    }

    /// Whether a replica whose last record is `sequence` of leadership `epoch` has nothing that
    /// this history, which goes up to `end`, has not.
    package func contains(_ sequence: UInt64, of epoch: Epoch, end: UInt64) -> Bool {
        // Nothing is the beginning of everything.
        if sequence == 0 { return true }
        guard let place = leaderships.firstIndex(where: { $0.epoch == epoch }),
            sequence >= leaderships[place].first
        else { return false }
        let isLast = place + 1 == leaderships.count
        return sequence <= (isLast ? end : leaderships[place + 1].first - 1)
    }
}
