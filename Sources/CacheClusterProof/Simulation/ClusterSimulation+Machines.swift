internal import CacheBase
internal import CacheCluster
internal import CacheEngine
internal import CacheFiles
internal import CacheProof
internal import CacheReplication

/// Processes and machines: what they do in the background, and what goes wrong with them.
extension ClusterSimulation {
    private static let backlogBytesMax: UInt64 = 1 << 20

    func addNode() throws {
        let node = SimulatedNode(nodes.count, diskSeed: random.next())
        nodes.append(node)
        try start(node)
    }

    func start(_ node: SimulatedNode) throws {
        var options = profile.options
        options.identitySeed = random.next()
        options.unsafeOmissions = plan.omissions
        nextLife += 1
        trace.note("start", UInt64(node.number), UInt64(nextLife))
        node.isPaused = false
        do throws(StorageError) {
            node.life = try NodeLife(
                nextLife, node.id, node.disk, options, keptLogBytes: profile.keptLogBytes,
                wall: wall)
        } catch {
            throw failure("\(node.id) cannot start: \(error)")
        }
    }

    func passTime() {
        let milliseconds = UInt64(random.below(400))
        pass(milliseconds)
    }

    func pass(_ milliseconds: UInt64) {
        wall += milliseconds
        for node in nodes { node.life?.clock.advance(milliseconds: milliseconds) }
    }

    func flush() throws {
        guard let node = pick(nodes.filter { $0.running != nil }), let life = node.running else {
            return
        }
        try flush(node, life)
    }

    private func flush(_ node: SimulatedNode, _ life: NodeLife) throws {
        do throws(StorageError) {
            if try life.engine.flush() { counts.flushes += 1 }
            if random.coin() { _ = try life.engine.compact() }
        } catch {
            if !node.disk.isDown { throw failure("\(node.id) cannot flush: \(error)") }
        }
    }

    func flushIfBehind(_ node: SimulatedNode, _ life: NodeLife) throws {
        while !node.disk.isDown,
            life.engine.statistics().logBacklogBytes > Self.backlogBytesMax
        {
            try flush(node, life)
        }
    }

    /// A process or a machine comes back.
    func recover() throws {
        let ill = nodes.filter { ($0.life == nil || $0.isPaused || $0.isCut) && !$0.hasLeft }
        guard let node = pick(ill), random.coin() else { return }
        try recover(node)
    }

    func recover(_ node: SimulatedNode) throws {
        if node.life == nil {
            try start(node)
        } else if node.isPaused {
            trace.note("resume", UInt64(node.number))
            node.isPaused = false
        } else {
            node.isCut = false
        }
    }

    /// Ends a process without a word.
    func kill(_ node: SimulatedNode, losesPower: Bool) throws {
        guard let life = node.life else { return }
        counts.kills += 1
        trace.note("kill", UInt64(node.number), losesPower ? 1 : 0)
        for link in links where link.replicaLife === life || link.primaryLife === life {
            if link.replicaLife === life { note(link.sink) }
            if link.isOpen { close(link) }
        }
        node.life = nil
        node.disk.crash(losesPower ? .power(seed: random.next()) : .process)
        life.replication.stop()
    }

    /// The power goes. What was not synced may be lost: so the others take over before the node is
    /// back; and what only this one has was synced.
    private func losePower(_ node: SimulatedNode) throws {
        guard let life = node.life else { return }
        let isNeeded = partitions.contains { partition in
            let state = agreement.map[partition]
            return state.inSync.contains(node.id)
                && !state.inSync.contains { $0 != node.id && agreement.map.isAlive($0) }
        }
        if isNeeded {
            node.disk.heal()
            try life.engine.waitUntilDurable(life.engine.lastLSN)
        }
        counts.powerLosses += 1
        try kill(node, losesPower: true)
        agreement.registered[node.id] = nil
        if agreement.map.isAlive(node.id) { try change([.lost(node.id)], "lost", 0) }
    }

    func meetAdversity() throws {
        guard let adversity = pick(profile.adversities) else { return }
        switch adversity {
        case .join: return try join()
        case .linkLoss:
            if let link = pick(links.filter(\.isOpen)) { close(link) }
            return
        case .copies:
            try change([.copies(2 + random.below(2))], "copies", 0)
            return
        default: break
        }
        guard let node = pick(nodes.filter { $0.life != nil }) else { return }
        switch adversity {
        case .kill: try kill(node, losesPower: false)
        case .powerLoss: try losePower(node)
        case .crashInWrite: node.disk.planCrash(atMutation: 1 + random.below(12))
        case .pause:
            counts.pauses += 1
            trace.note("pause", UInt64(node.number))
            node.isPaused = true
        case .cut: node.isCut = true
        case .stop: try stop(node)
        case .leave: try leave(node)
        case .join, .linkLoss, .copies: break
        }
    }

    private func join() throws {
        guard nodes.count < profile.nodesMax else { return }
        counts.joins += 1
        try addNode()
    }

    private func leave(_ node: SimulatedNode) throws {
        guard agreement.map.members.count(where: { $0.state == .up }) > 2 else { return }
        guard try change([.leaving(node.id)], "leave", UInt64(node.number)) else { return }
        counts.leaves += 1
        node.isLeaving = true
    }

    /// Stops a process in order; it gives its lease back.
    private func stop(_ node: SimulatedNode) throws {
        guard let life = node.running else { return }
        life.registeredAt = nil
        if agreement.registered[node.id] == life.number { agreement.registered[node.id] = nil }
        life.engine.close()
        try kill(node, losesPower: false)
    }

    /// Who was to leave and is no member any more ends.
    func retire() throws {
        for node in nodes where node.isLeaving && !node.hasLeft {
            guard agreement.map.member(node.id) == nil else { continue }
            node.hasLeft = true
            agreement.registered[node.id] = nil
            try kill(node, losesPower: false)
        }
    }
}
