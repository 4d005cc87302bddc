package import CacheBase

/// Who leads a partition and who has all of it.
///
/// Invariants: the primary is in sync; no learner is; the successor is in sync and not the primary.
/// Where nobody leads, those in sync are lost, and only they may lead again.
package struct PartitionState: Sendable, Equatable {
    /// The number of the leadership; each change of the primary raises it.
    package var epoch: Epoch
    package var primary: NodeID?
    /// Ascending. Every acknowledged write that the cluster's promise covers is in their logs.
    package var inSync: [NodeID]
    /// Ascending. They receive the partition and are not waited for.
    package var learners: [NodeID]
    /// To whom the primary hands over: it takes no more writes, and says when that one has all.
    package var successor: NodeID?

    package init(
        epoch: Epoch, primary: NodeID?, inSync: [NodeID], learners: [NodeID] = [],
        successor: NodeID? = nil
    ) {
        self.epoch = epoch
        self.primary = primary
        self.inSync = inSync.sorted()
        self.learners = learners.sorted()
        self.successor = successor
    }

    /// True where the node has the partition, or is getting it.
    package func involves(_ node: NodeID) -> Bool {
        inSync.contains(node) || learners.contains(node)
    }

    /// True where the invariants hold.
    var isSound: Bool {
        let isLed = primary.map(inSync.contains) ?? true
        let isHandedOver = successor.map { inSync.contains($0) && $0 != primary } ?? true
        return isLed && isHandedOver && !inSync.isEmpty
            && (successor == nil || primary != nil)
            && Set(inSync).count == inSync.count && Set(learners).count == learners.count
            && Set(inSync).isDisjoint(with: learners)
    }

    /// Another leadership begins.
    mutating func lead(_ node: NodeID) {
        epoch = Epoch(rawValue: epoch.rawValue + 1)
        primary = node
        successor = nil
    }

    mutating func addLearner(_ node: NodeID) { learners = (learners + [node]).sorted() }

    mutating func addInSync(_ node: NodeID) {
        learners.removeAll { $0 == node }
        inSync = (inSync + [node]).sorted()
    }

    /// A node has not all any more. A primary says so of itself where it cannot lead: then another
    /// that is in sync does, and where there is none, the primary is waited for.
    mutating func fallBehind(_ node: NodeID, alive: Set<NodeID>) {
        guard inSync.contains(node) else { return }
        if node == primary {
            guard let next = inSync.first(where: { $0 != node && alive.contains($0) }) else {
                return
            }
            lead(next)
        }
        forget(node)
        addLearner(node)
    }

    mutating func forget(_ node: NodeID) {
        learners.removeAll { $0 == node }
        inSync.removeAll { $0 == node }
        if successor == node { successor = nil }
    }
}
