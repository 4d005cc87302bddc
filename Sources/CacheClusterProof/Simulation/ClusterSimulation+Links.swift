internal import CacheBase
internal import CacheCluster
internal import CacheEngine
internal import CacheFiles
internal import CacheProof
internal import CacheReplication

/// Links, what is on them, and the work of their ends.
extension ClusterSimulation {
    /// Some messages of a link arrive.
    func deliver() {
        let ready = links.filter { link in
            link.isOpen
                && (!link.toReplica.isEmpty && !link.replica.isPaused
                    || !link.toPrimary.isEmpty && !link.primary.isPaused)
        }
        guard let link = pick(ready) else { return }
        let isForReplica =
            !link.toReplica.isEmpty && !link.replica.isPaused
            && (link.toPrimary.isEmpty || link.primary.isPaused || random.coin())
        for _ in 0...random.below(4) {
            guard let message = (isForReplica ? link.toReplica : link.toPrimary).take() else {
                return
            }
            deliver(message, over: link, isForReplica: isForReplica)
        }
    }

    func deliver(
        _ message: ReplicationMessage, over link: SimulatedLink, isForReplica: Bool
    ) {
        let (type, body) = message.encoded()
        guard let read = ReplicationMessage(type: type, body: body), read == message else {
            preconditionFailure("a message is not what was sent")
        }
        trace.note(
            "message", UInt64(link.replica.number), UInt64(link.primary.number), UInt64(type),
            UInt64(message.stream))
        guard isForReplica else { return link.source.receive(read) }
        link.sink.receive(read)
        guard profile.doublesRecords, case .records = read else { return }
        if random.below(12) == 0 { link.again.post(read) }
        if random.below(12) == 0, let old = link.again.take() { link.sink.receive(old) }
    }

    /// An end of a link does a round of work.
    func workOnLink() throws {
        guard let link = pick(links) else { return }
        if random.coin() { try workAtPrimary(link) } else { try workAtReplica(link) }
    }

    func workAtPrimary(_ link: SimulatedLink) throws {
        guard link.isPrimaryThere, !link.isPrimaryTold, !link.primary.isPaused else { return }
        link.source.step()
    }

    func workAtReplica(_ link: SimulatedLink) throws {
        guard link.isReplicaThere, !link.isReplicaTold, !link.replica.isPaused else { return }
        try flushIfBehind(link.replica, link.replicaLife)
        link.sink.step()
    }

    /// A node makes a link to one that it follows, or ends one to another.
    func connect() {
        guard let node = pick(nodes.filter { $0.running != nil }), let life = node.running else {
            return
        }
        connect(node, life)
    }

    func connect(_ node: SimulatedNode, _ life: NodeLife) {
        let wanted = life.replication.primaries
        let own = links.filter { $0.isOpen && $0.replicaLife === life }
        for link in own where !wanted.contains(link.primary.id) { close(link) }
        for primary in nodes
        where wanted.contains(primary.id) && !own.contains(where: { $0.primary === primary }) {
            // Whom it does not know it turns away.
            guard primary.running?.routing?.member(node.id) != nil,
                let link = SimulatedLink(node, primary)
            else { continue }
            trace.note("link", UInt64(node.number), UInt64(primary.number))
            links.append(link)
        }
    }

    func close(_ link: SimulatedLink) {
        counts.linksLost += 1
        trace.note("link lost", UInt64(link.replica.number), UInt64(link.primary.number))
        link.close()
    }

    /// An end of a link that is gone hears of it.
    func tellOfEnd() {
        guard let link = pick(links.filter { !$0.isOpen }) else { return }
        if random.coin() { tellReplica(link) } else { tellPrimary(link) }
    }

    func tellReplica(_ link: SimulatedLink) {
        guard link.isReplicaThere, !link.isReplicaTold, !link.replica.isPaused else { return }
        link.isReplicaTold = true
        note(link.sink)
        link.replicaLife.replication.ended(link.primary.id, link.sink)
    }

    func tellPrimary(_ link: SimulatedLink) {
        guard link.isPrimaryThere, !link.isPrimaryTold, !link.primary.isPaused else { return }
        link.isPrimaryTold = true
        link.primaryLife.replication.ended(link.replica.id, link.source)
    }

    func note(_ sink: ReplicaSink) {
        counts.copiedPartitions += sink.counts.copiedPartitions
        counts.setAsidePartitions += sink.counts.setAsidePartitions
    }
}
