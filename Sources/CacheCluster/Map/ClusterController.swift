internal import CacheBase

/// Decides what the next map is: event in, map out; no I/O and no clock.
///
/// Whoever is elected runs it; that two could for a moment is harmless, because a map is written
/// only over the one that it was made from.
///
/// What always holds: a node leads a partition only if it was in sync under the map before; every
/// change of the primary raises the partition's epoch; a copy is given up only when all that are to
/// hold the partition, and can, have it, and as many copies are left as there are to be.
package struct ClusterController: Sendable {
    package private(set) var map: ClusterMap

    package init(_ map: ClusterMap) { self.map = map }

    /// Takes events in, in their order.
    /// - Returns: true where the map changed; then it has the next epoch.
    /// - Complexity: O(partitions · copies) and O(1) for most events.
    package mutating func handle(_ events: [ClusterEvent]) -> Bool {
        let before = map
        for event in events { take(event) }
        converge()
        guard map != before else { return false }
        map.epoch += 1
        return true
    }

    private mutating func take(_ event: ClusterEvent) {
        switch event {
        case .arrived(let member): arrive(member)
        case .lost(let node): lose(node)
        case .leaving(let node): leave(node)
        case .removed(let node): remove(node)
        case .copies(let copies): setCopies(copies)
        case .caughtUp(let partition, let node, let epoch):
            change(partition, epoch) { state in
                if state.learners.contains(node) { state.addInSync(node) }
            }
        case .fellBehind(let partition, let node, let epoch):
            let alive = Set(map.members.filter(\.isAlive).map(\.id))
            change(partition, epoch) { $0.fallBehind(node, alive: alive) }
        case .handedOver(let partition, let epoch):
            change(partition, epoch) { state in
                if let successor = state.successor { state.lead(successor) }
            }
        }
    }

    /// What a primary says counts only in the leadership in which it says it.
    private mutating func change(
        _ partition: Partition, _ epoch: Epoch, _ body: (inout PartitionState) -> Void
    ) {
        let number = Int(partition.rawValue)
        guard map.partitions.indices.contains(number), map.partitions[number].epoch == epoch,
            map.partitions[number].primary != nil
        else { return }
        body(&map.partitions[number])
    }
}

// MARK: - Members

extension ClusterController {
    private mutating func arrive(_ member: Member) {
        guard let index = map.members.firstIndex(where: { $0.id == member.id }) else {
            guard map.members.count < ClusterLimits.membersMax else { return }
            map.members.append(member)
            map.members.sort { $0.id < $1.id }
            retarget()
            return
        }
        let wasLeaving = map.members[index].state == .leaving
        map.members[index] = member
        map.members[index].state = wasLeaving ? .leaving : .up
        for number in map.partitions.indices
        where map.partitions[number].primary == nil
            && map.partitions[number].inSync.contains(member.id)
        {
            map.partitions[number].inSync = [member.id]
            map.partitions[number].lead(member.id)
        }
    }

    private mutating func lose(_ node: NodeID) {
        guard let index = map.members.firstIndex(where: { $0.id == node }),
            map.members[index].isAlive
        else { return }
        map.members[index].state = .lost
        for number in map.partitions.indices { lose(node, number) }
        retarget()
    }

    private mutating func lose(_ node: NodeID, _ number: Int) {
        let state = map.partitions[number]
        guard state.primary == node else {
            // Where nobody leads, the last that was in sync is waited for.
            if state.primary != nil { map.partitions[number].forget(node) }
            map.partitions[number].learners.removeAll { $0 == node }
            return
        }
        let candidates = state.inSync.filter { $0 != node && map.isAlive($0) }
        let wanted = map.target.lists[number].map { map.target.nodes[$0] }
        guard let next = wanted.first(where: candidates.contains) ?? candidates.first else {
            map.partitions[number].primary = nil
            map.partitions[number].successor = nil
            map.partitions[number].inSync = [node]
            return
        }
        map.partitions[number].forget(node)
        map.partitions[number].lead(next)
    }

    private mutating func leave(_ node: NodeID) {
        let others = map.members.contains { $0.id != node && $0.state == .up }
        guard others, let index = map.members.firstIndex(where: { $0.id == node }),
            map.members[index].state == .up
        else { return }
        map.members[index].state = .leaving
        retarget()
    }

    /// Only where nothing is lost by it: the last copy of a partition is waited for.
    private mutating func remove(_ node: NodeID) {
        guard map.member(node)?.state == .lost,
            !map.partitions.contains(where: { $0.inSync.contains(node) })
        else { return }
        map.members.removeAll { $0.id == node }
        retarget()
    }

    private mutating func setCopies(_ copies: Int) {
        guard (1...ClusterLimits.copiesMax).contains(copies), copies != map.copies else { return }
        map.copies = copies
        retarget()
    }

    /// A lost node keeps its place until it is removed: it may be back soon.
    private mutating func retarget() {
        let holders = map.members.filter { $0.state != .leaving }.map(\.id)
        map.target = Placement(of: holders, copies: map.copies, from: map.target)
    }
}

// MARK: - Towards the target

extension ClusterController {
    /// Starts what may be started of the way to the target, and ends what is done.
    private mutating func converge() {
        for number in map.partitions.indices { converge(number) }
        let holders = Set(map.partitions.flatMap { $0.inSync + $0.learners })
        map.members.removeAll { $0.state == .leaving && !holders.contains($0.id) }
    }

    private mutating func converge(_ number: Int) {
        guard let primary = map.partitions[number].primary else { return }
        let placed = map.target.lists[number].map { map.target.nodes[$0] }
        let there = placed.filter(map.isAlive)
        let wanted = there + standIns(number, besides: there, count: placed.count - there.count)
        for node in wanted where !map.partitions[number].involves(node) {
            map.partitions[number].addLearner(node)
        }
        for node in map.partitions[number].learners where !wanted.contains(node) {
            map.partitions[number].forget(node)
        }
        guard let first = there.first, wanted.allSatisfy(map.partitions[number].inSync.contains)
        else {
            // Not while copies are missing: a hand-over stops the writes for a moment.
            map.partitions[number].successor = nil
            return
        }
        map.partitions[number].successor = first == primary ? nil : first
        for node in map.partitions[number].inSync
        where !wanted.contains(node) && node != primary {
            map.partitions[number].forget(node)
        }
    }

    /// Who keeps a copy that it has, or is being given, for as long as somebody is away who is to have
    /// one.
    private func standIns(_ number: Int, besides there: [NodeID], count: Int) -> [NodeID] {
        guard count > 0 else { return [] }
        let state = map.partitions[number]
        let others = (state.inSync + state.learners).filter {
            !there.contains($0) && map.isAlive($0)
        }
        return Array(others.prefix(count))
    }
}
