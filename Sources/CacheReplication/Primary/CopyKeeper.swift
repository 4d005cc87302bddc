package import CacheBase
package import CacheCluster

/// Which replicas a primary waits for, and what it tells the cluster's controller of them: event in,
/// decision out; no I/O, no clock of its own.
///
/// What always holds:
/// - What is answered is with every node that is in sync for a partition led here, under the map in
///   force, and with every node that was proposed to be, until a map says what became of that.
/// - A node is proposed as in sync only once it has everything that was answered before it counted.
/// - A partition is handed over only once every node in sync has all of its records.
/// - `copied` goes back only where this node begins to lead what it did not take over in order.
package struct CopyKeeper: Sendable {
    /// What is known of a replica.
    package struct Follower: Sendable {
        package var node: NodeID
        package var streams: [StreamProgress]

        package init(node: NodeID, streams: [StreamProgress]) {
            self.node = node
            self.streams = streams
        }
    }

    /// What to do now.
    package struct Decision: Sendable, Equatable {
        /// Answers may show everything up to here; nil where no replica counts.
        package var copied: LSN?
        package var proposals: [ClusterEvent] = []
    }

    private let me: NodeID
    private let patienceNanoseconds: UInt64
    private var map: ClusterMap?
    /// Partitions led here for which a node counts under the map.
    private var required: [NodeID: Set<Partition>] = [:]
    /// Partitions led here that a node is learning.
    private var learning: [NodeID: Set<Partition>] = [:]
    /// Learners that are about to be proposed: what they must have first, by their stream.
    private var joining: [Joining: LSN] = [:]
    /// Of `learning`, what was proposed: it may be in force already, in a map not seen here.
    private var proposed: [NodeID: Set<Partition>] = [:]
    private var counted: [NodeID: CountedReplica] = [:]
    /// The newest record when a partition was closed to writes for its successor.
    private var closedAt: [Partition: LSN] = [:]
    /// Of those, the partitions of which every node in sync has all.
    private var complete: Set<Partition> = []
    /// Learners that were too slow to be waited for: how far they must come to be tried again.
    private var slow: [Joining: LSN] = [:]
    /// As last decided.
    private var copied: LSN?

    /// - Parameter lagMilliseconds: for so long a replica may lag before it is not waited for.
    package init(_ me: NodeID, lagMilliseconds: UInt64 = ReplicationLimits.lagMilliseconds) {
        self.me = me
        patienceNanoseconds = lagMilliseconds * 1_000_000
    }

    /// Looks at where everybody is.
    /// - Parameters:
    ///   - last: the newest record of the log, read after what counts was last set.
    ///   - now: nanoseconds of a monotonic clock.
    package mutating func look(
        _ followers: [Follower], last: LSN, now: UInt64
    ) -> Decision {
        guard let map else { return Decision(copied: nil) }
        var decision = Decision()
        count(followers, last, now)
        advance(followers)
        for index in counted.values.indices { counted.values[index].note(last, now) }
        dropSlowLearners(now)
        proposeJoins(map, followers, last, &decision)
        count(followers, last, now)
        proposeLaggards(map, now, &decision)
        proposeHandOvers(map, followers, &decision)
        decision.copied = advance(followers)
        return decision
    }

    /// Takes in how far everybody has come since the last look.
    /// - Returns: as `Decision.copied`.
    @discardableResult
    package mutating func advance(_ followers: [Follower]) -> LSN? {
        for follower in followers { counted[follower.node]?.advance(follower.streams) }
        guard let least = counted.values.map(\.acked).min() else {
            copied = nil
            return nil
        }
        copied = max(copied ?? least, least)
        return copied
    }
}

/// A learner on its way to be in sync.
private struct Joining: Hashable {
    let node: NodeID
    let stream: UInt64
}

// MARK: - The map

extension CopyKeeper {
    /// A new map is in force. Partitions that are handed over take no writes already.
    ///
    /// - Parameter last: the newest record of the log, read after that.
    /// - Returns: false where partitions were taken from this node, which may not have handed all of
    ///   their records over: answers that wait for copies of those must not be given.
    package mutating func take(_ map: ClusterMap, last: LSN, now: UInt64) -> Bool {
        let before = self.map
        let isInOrder = before.map { leavesInOrder($0, map) } ?? true
        self.map = map
        required = holders { $0.inSync }
        learning = holders { $0.learners }
        forgetProposals(before, map)
        noteClosed(map, last)
        if beginsAnew(before, map) {
            copied = .zero
            for node in required.keys {
                counted[node] = CountedReplica(acked: .zero, last: last, now: now)
            }
        }
        count([], last, now)
        return isInOrder
    }

    private func holders(_ list: (PartitionState) -> [NodeID]) -> [NodeID: Set<Partition>] {
        var holders: [NodeID: Set<Partition>] = [:]
        for (partition, state) in map?.led(by: me) ?? [] {
            for node in list(state) where node != me {
                holders[node, default: []].insert(partition)
            }
        }
        return holders
    }

    /// Whether each partition that this node leads no more went to who has all of it.
    private func leavesInOrder(_ before: ClusterMap, _ after: ClusterMap) -> Bool {
        before.led(by: me).allSatisfy { partition, state in
            let next = after[partition]
            return next.primary == me && next.epoch == state.epoch
                || complete.contains(partition)
        }
    }

    /// Whether this node leads what another did not hand over to it. Then it may have records that
    /// others in sync have not, and shows nothing until they do.
    private func beginsAnew(_ before: ClusterMap?, _ after: ClusterMap) -> Bool {
        after.led(by: me).contains { partition, state in
            guard state.inSync.count > 1, let before else { return state.inSync.count > 1 }
            let former = before[partition]
            let isSame = former.primary == me && former.epoch == state.epoch
            let isHandedOver =
                former.successor == me && state.epoch.rawValue == former.epoch.rawValue + 1
            return !isSame && !isHandedOver
        }
    }

    /// What was proposed in a leadership counts until its learner is in sync, or none any more. Where
    /// maps were missed, it may have been both, and who learns now begins anew.
    private mutating func forgetProposals(_ before: ClusterMap?, _ after: ClusterMap) {
        if let before, after.epoch != before.epoch + 1 { proposed = [:] }
        for (node, partitions) in proposed {
            let open = partitions.filter { partition in
                before?[partition].epoch == after[partition].epoch
                    && learning[node]?.contains(partition) ?? false
            }
            proposed[node] = open.isEmpty ? nil : open
        }
    }

    private mutating func noteClosed(_ map: ClusterMap, _ last: LSN) {
        let closing = map.led(by: me).filter { $0.1.successor != nil }.map(\.0)
        closedAt = Dictionary(
            uniqueKeysWithValues: closing.map { ($0, closedAt[$0] ?? last) })
        complete.formIntersection(closing)
    }
}

// MARK: - Who counts

extension CopyKeeper {
    /// Finds who counts and for what. Who counts for more than before, or at all, has what was
    /// answered until now.
    private mutating func count(_ followers: [Follower], _ last: LSN, _ now: UInt64) {
        var counting = required
        for (node, partitions) in proposed { counting[node, default: []].formUnion(partitions) }
        for follower in followers {
            for stream in follower.streams
            where joining[Joining(node: follower.node, stream: stream.id)] != nil {
                let learned = stream.partitions.intersection(learning[follower.node] ?? [])
                counting[follower.node, default: []].formUnion(learned)
            }
        }
        counted = counted.filter { counting[$0.key] != nil }
        let answered = copied ?? last
        for (node, partitions) in counting {
            var replica =
                counted[node] ?? CountedReplica(acked: answered, last: last, now: now)
            replica.count(for: partitions, answered: answered)
            counted[node] = replica
        }
        if !counted.isEmpty, copied == nil { copied = answered }
    }
}

// MARK: - Proposals

extension CopyKeeper {
    private mutating func proposeJoins(
        _ map: ClusterMap, _ followers: [Follower], _ last: LSN, _ decision: inout Decision
    ) {
        var still: [Joining: LSN] = [:]
        for follower in followers {
            let wanted = learning[follower.node] ?? []
            for stream in follower.streams where stream.isFollowing {
                let learned = stream.partitions.intersection(wanted)
                guard !learned.isEmpty else { continue }
                let key = Joining(node: follower.node, stream: stream.id)
                guard let needed = joining[key] else {
                    // From now on it counts; what was answered until then it must have.
                    if stream.lagBytes < UInt64(ReplicationLimits.windowBytes),
                        slow[key].map({ stream.acked >= $0 }) ?? true
                    {
                        still[key] = LSN(rawValue: .max)
                    }
                    continue
                }
                let target = needed.rawValue == .max ? last : needed
                still[key] = target
                if stream.acked >= target {
                    proposed[follower.node, default: []].formUnion(learned)
                }
            }
        }
        joining = still
        let streams = Set(
            followers.flatMap { follower in
                follower.streams.map { Joining(node: follower.node, stream: $0.id) }
            })
        slow = slow.filter { streams.contains($0.key) }
        // Each time anew: what found no room is not lost.
        for (node, partitions) in proposed.sorted(by: { $0.key < $1.key }) {
            for partition in partitions.sorted(by: { $0.rawValue < $1.rawValue }) {
                decision.proposals.append(.caughtUp(partition, node, map[partition].epoch))
            }
        }
    }

    /// Who is not in sync yet, and cannot keep up, holds nobody up.
    private mutating func dropSlowLearners(_ now: UInt64) {
        for key in joining.keys {
            guard let replica = counted[key.node], proposed[key.node] == nil,
                replica.lags(now, nanoseconds: patienceNanoseconds)
            else { continue }
            joining[key] = nil
            slow[key] = replica.target
        }
    }

    private func proposeLaggards(_ map: ClusterMap, _ now: UInt64, _ decision: inout Decision) {
        for (node, replica) in counted.sorted(by: { $0.key < $1.key })
        where replica.lags(now, nanoseconds: patienceNanoseconds) {
            for partition in (required[node] ?? []).sorted(by: { $0.rawValue < $1.rawValue }) {
                decision.proposals.append(.fellBehind(partition, node, map[partition].epoch))
            }
        }
    }

    private mutating func proposeHandOvers(
        _ map: ClusterMap, _ followers: [Follower], _ decision: inout Decision
    ) {
        for (partition, closed) in closedAt.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            let state = map[partition]
            let haveAll = state.inSync.allSatisfy { node in
                node == me
                    || followers.contains { $0.node == node && $0.has(partition, upTo: closed) }
            }
            guard haveAll else { continue }
            complete.insert(partition)
            decision.proposals.append(.handedOver(partition, state.epoch))
        }
    }
}

extension CopyKeeper.Follower {
    fileprivate func has(_ partition: Partition, upTo last: LSN) -> Bool {
        streams.contains {
            $0.isFollowing && $0.partitions.contains(partition) && $0.acked >= last
        }
    }
}

extension ClusterMap {
    fileprivate func led(by node: NodeID) -> [(Partition, PartitionState)] {
        partitions.enumerated().filter { $0.element.primary == node }.map {
            (Partition(rawValue: UInt16($0.offset)), $0.element)
        }
    }
}
