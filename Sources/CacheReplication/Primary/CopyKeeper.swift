package import CacheBase
package import CacheCluster

/// Which replicas a primary waits for, and what it tells the cluster's controller of them: event in,
/// decision out; no I/O, no clock of its own.
///
/// What always holds:
/// - What is answered is with every node that is in sync for a partition led here, under the map in
///   force, and with every node that was proposed to be.
/// - A node is proposed as in sync only once it has everything that was answered before it counted.
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

    fileprivate struct Counted {
        /// Up to here the node has everything that counts.
        var acked: LSN
        /// The streams that carry it; empty where something is carried by none.
        var carriers: Set<UInt64> = []
        /// The streams by which `carriers` was found; nil where it is to be found anew.
        var seen: [UInt64]?
        /// The newest record when it was last seen to have everything before, and when that was.
        var target: LSN
        var since: UInt64
    }

    /// A learner on its way to be in sync.
    private struct Joining: Hashable {
        let node: NodeID
        let stream: UInt64
    }

    private let me: NodeID
    private let patienceNanoseconds: UInt64
    private var map: ClusterMap?
    /// Nodes that count under the map, each with the partitions for which it does.
    private var required: [NodeID: Set<Partition>] = [:]
    /// Partitions led here that a node is learning.
    private var learning: [NodeID: Set<Partition>] = [:]
    private var counted: [NodeID: Counted] = [:]
    /// What a joining learner must have before it is proposed.
    private var joining: [Joining: LSN] = [:]
    /// The newest record when a partition was closed to writes for its successor.
    private var closedAt: [Partition: LSN] = [:]

    /// - Parameter lagMilliseconds: for so long a replica may lag before it is not waited for.
    package init(_ me: NodeID, lagMilliseconds: UInt64 = ReplicationLimits.lagMilliseconds) {
        self.me = me
        patienceNanoseconds = lagMilliseconds * 1_000_000
    }

    /// A new map is in force. Partitions that are handed over take no writes already.
    package mutating func take(_ map: ClusterMap, last: LSN) {
        self.map = map
        required = Self.holders(map, me) { $0.inSync }
        learning = Self.holders(map, me) { $0.learners }
        for node in counted.keys { counted[node]?.seen = nil }
        for (number, state) in map.partitions.enumerated() {
            let partition = Partition(rawValue: UInt16(number))
            if state.primary == me, state.successor != nil {
                if closedAt[partition] == nil { closedAt[partition] = last }
            } else {
                closedAt[partition] = nil
            }
        }
    }

    private static func holders(
        _ map: ClusterMap, _ me: NodeID, _ list: (PartitionState) -> [NodeID]
    ) -> [NodeID: Set<Partition>] {
        var holders: [NodeID: Set<Partition>] = [:]
        for (number, state) in map.partitions.enumerated() where state.primary == me {
            for node in list(state) where node != me {
                holders[node, default: []].insert(Partition(rawValue: UInt16(number)))
            }
        }
        return holders
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
        noteAcks(followers, last, now)
        proposeJoins(map, followers, last, &decision)
        proposeLaggards(map, now, &decision)
        proposeHandOvers(map, followers, &decision)
        decision.copied = advance(followers)
        return decision
    }

    /// Takes in how far everybody has come since the last look.
    /// - Returns: as `Decision.copied`.
    package mutating func advance(_ followers: [Follower]) -> LSN? {
        var least: LSN?
        for follower in followers {
            for stream in follower.streams
            where joining[Joining(node: follower.node, stream: stream.id)] != nil {
                least = min(least ?? stream.acked, stream.acked)
            }
        }
        for (node, var state) in counted {
            let streams = followers.first { $0.node == node }?.streams ?? []
            let carrying = streams.filter { state.carriers.contains($0.id) }
            // What no stream carries cannot have come further.
            if !carrying.isEmpty, carrying.count == state.carriers.count,
                let acked = carrying.map(\.acked).min(), acked > state.acked
            {
                state.acked = acked
                counted[node] = state
            }
            least = min(least ?? state.acked, state.acked)
        }
        return least
    }

    private mutating func noteAcks(_ followers: [Follower], _ last: LSN, _ now: UInt64) {
        counted = counted.filter { required[$0.key] != nil }
        for (node, partitions) in required {
            var state = counted[node] ?? Counted(acked: .zero, target: last, since: now)
            let streams =
                followers.first { $0.node == node }?.streams.filter(\.isFollowing) ?? []
            state.find(partitions, in: streams)
            if !state.carriers.isEmpty,
                let least = streams.filter({ state.carriers.contains($0.id) })
                    .map(\.acked).min()
            {
                state.acked = max(state.acked, least)
            }
            if state.acked >= state.target {
                state.target = last
                state.since = now
            }
            counted[node] = state
        }
    }

    private mutating func proposeJoins(
        _ map: ClusterMap, _ followers: [Follower], _ last: LSN, _ decision: inout Decision
    ) {
        var still: [Joining: LSN] = [:]
        for follower in followers {
            guard let wanted = learning[follower.node] else { continue }
            for stream in follower.streams where stream.isFollowing {
                let learning = stream.partitions.intersection(wanted)
                guard !learning.isEmpty else { continue }
                let key = Joining(node: follower.node, stream: stream.id)
                guard let needed = joining[key] else {
                    // From the next look on it counts; what was answered until then it must have.
                    if stream.lagBytes < UInt64(ReplicationLimits.windowBytes) {
                        still[key] = LSN(rawValue: .max)
                    }
                    continue
                }
                let target = needed.rawValue == .max ? last : needed
                still[key] = target
                guard stream.acked >= target else { continue }
                for partition in learning.sorted(by: { $0.rawValue < $1.rawValue }) {
                    decision.proposals.append(
                        .caughtUp(partition, follower.node, map[partition].epoch))
                }
            }
        }
        joining = still
    }

    private func proposeLaggards(
        _ map: ClusterMap, _ now: UInt64, _ decision: inout Decision
    ) {
        for (node, state) in counted.sorted(by: { $0.key < $1.key })
        where state.acked < state.target && now - min(now, state.since) > patienceNanoseconds {
            for partition in (required[node] ?? []).sorted(by: { $0.rawValue < $1.rawValue }) {
                decision.proposals.append(.fellBehind(partition, node, map[partition].epoch))
            }
        }
    }

    private func proposeHandOvers(
        _ map: ClusterMap, _ followers: [Follower], _ decision: inout Decision
    ) {
        for (partition, closed) in closedAt.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            let state = map[partition]
            guard let successor = state.successor,
                let streams = followers.first(where: { $0.node == successor })?.streams,
                streams.contains(where: {
                    $0.isFollowing && $0.partitions.contains(partition) && $0.acked >= closed
                })
            else { continue }
            decision.proposals.append(.handedOver(partition, state.epoch))
        }
    }
}

extension CopyKeeper.Counted {
    /// Finds the streams that carry the partitions, where the streams are others than before.
    fileprivate mutating func find(_ partitions: Set<Partition>, in streams: [StreamProgress]) {
        let numbers = streams.map(\.id).sorted()
        guard numbers != seen else { return }
        seen = numbers
        let carrying = streams.filter { !$0.partitions.isDisjoint(with: partitions) }
        let carried = carrying.reduce(into: Set<Partition>()) { $0.formUnion($1.partitions) }
        carriers = carried.isSuperset(of: partitions) ? Set(carrying.map(\.id)) : []
    }
}
