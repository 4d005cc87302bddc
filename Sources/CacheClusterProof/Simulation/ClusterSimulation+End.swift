internal import CacheBase
internal import CacheCluster
internal import CacheEngine
internal import CacheFiles
internal import CacheProof
internal import CacheReplication

/// The end of a run: nothing goes wrong any more, and everything must come to rest.
extension ClusterSimulation {
    /// More than any sound run was seen to need, by far.
    private static let roundsMax = 400
    private static let roundMilliseconds: UInt64 = 100

    func finish() throws {
        for node in nodes { node.disk.heal() }
        try rest("the cluster comes to rest") { self.isAtRest() }
        try rest("writes are answered") { self.clients.allSatisfy { $0.waiting == nil } }
        try rest("all copies are equal") { try self.areCopiesEqual() }
        for index in clients.indices {
            for key in clients[index].keys {
                try rest("key \(key) can be written") {
                    self.clients[index].map = self.agreement.map
                    let before = self.counts.acknowledged
                    try self.write(key, isDelete: false, by: index)
                    return try self.isAnswered(index, after: before)
                }
            }
        }
        try rest("all copies are equal again") { try self.areCopiesEqual() }
        for link in links { note(link.sink) }
        for life in nodes.compactMap(\.life) {
            life.engine.checkInvariants()
            trace.note("end", life.engine.lastLSN.rawValue)
        }
    }

    private func isAnswered(_ index: Int, after before: Int) throws -> Bool {
        for _ in 0..<Self.roundsMax where clients[index].waiting != nil { try round() }
        return counts.acknowledged > before
    }

    /// Goes on until something holds.
    private func rest(_ what: String, _ holds: () throws -> Bool) throws {
        for _ in 0..<Self.roundsMax {
            if try holds() { return }
            try round()
        }
        throw failure("it never comes to be that \(what): \(describe())")
    }

    /// Everybody does what there is to do.
    private func round() throws {
        for node in nodes where !node.hasLeft {
            while node.life == nil || node.isPaused || node.isCut { try recover(node) }
            if isLeaseOver(node) { endLease(node) }
            if let life = node.life, life.registeredAt == nil { register(node, life) }
        }
        try change(agreement.due, "members", 0)
        for node in nodes {
            guard let life = node.running else { continue }
            readMap(life)
            while !life.waiting.isEmpty { try actOnMap(node, life) }
            life.routing = life.taken
        }
        for link in links where !link.isOpen {
            tellReplica(link)
            tellPrimary(link)
        }
        for node in nodes { if let life = node.running { connect(node, life) } }
        try settleStep()
        try workOnLinks()
        for life in nodes.compactMap(\.running) {
            life.replication.look()
            try propose(life)
        }
        try settleStep()
        pass(Self.roundMilliseconds)
    }

    private func workOnLinks() throws {
        for _ in 0..<4 {
            for link in links where link.isOpen {
                try workAtReplica(link)
                while let message = link.toPrimary.take() {
                    deliver(message, over: link, isForReplica: false)
                }
                try workAtPrimary(link)
                while let message = link.toReplica.take() {
                    deliver(message, over: link, isForReplica: true)
                }
            }
        }
    }

    /// The map is what it aims at, everybody has it, and acts as it says.
    private func isAtRest() -> Bool {
        let map = agreement.map
        let areNodesThere = nodes.allSatisfy { node in
            node.hasLeft || node.running?.routing?.epoch == map.epoch
        }
        guard areNodesThere, agreement.due.isEmpty else { return false }
        return partitions.allSatisfy { partition in
            let state = map[partition]
            guard let primary = state.primary, state.learners.isEmpty, state.successor == nil,
                Set(state.inSync) == Set(map.target[partition]),
                let life = nodes.first(where: { $0.id == primary })?.running
            else { return false }
            return life.replication.epoch(leading: partition) == state.epoch
        }
    }

    /// Whether all that are in sync have the same records; what they have must be right.
    private func areCopiesEqual() throws -> Bool {
        for partition in partitions {
            let state = agreement.map[partition]
            let holders = nodes.filter { state.inSync.contains($0.id) }
            let lives = holders.compactMap(\.running)
            let sequences = Set(lives.map { standing(partition, $0) })
            guard lives.count == holders.count, sequences.count == 1, sequences != [nil] else {
                return false
            }
            for node in holders {
                guard let life = node.running else { return false }
                try compare(partition, node, life, "has at the end a copy")
            }
            for key in keys where key.partition == partition {
                let found = try Set(lives.map { try $0.number(of: key.key) })
                try check(found.count == 1, "copies of partition \(partition.rawValue) differ")
            }
        }
        return true
    }

    private func standing(_ partition: Partition, _ life: NodeLife) -> UInt64? {
        life.engine.standings()[Int(partition.rawValue)].sequence
    }

    /// Where a partition's records are on each node.
    func standing(_ partition: Partition) -> String {
        "partition \(partition.rawValue): "
            + nodes.compactMap { node in
                node.life.map { life in
                    let own = life.engine.standings()[Int(partition.rawValue)]
                    let sequence = own.sequence.map { "\($0)" } ?? "-"
                    return "\(node.id) \(sequence)\(own.isLed ? " leads" : "")"
                }
            }.joined(separator: ", ")
    }

    private func describe() -> String {
        let map = agreement.map
        let open = partitions.filter { partition in
            let state = map[partition]
            return state.primary == nil || !state.learners.isEmpty || state.successor != nil
                || Set(state.inSync) != Set(map.target[partition])
        }.map { "partition \($0.rawValue) is \(map[$0]), wanted \(map.target[$0])" }
        let standings = partitions.map(standing)
        return "map \(map.epoch) \(map.members.map { "\($0.id) \($0.state)" })\n  "
            + (open + standings).joined(separator: "\n  ")
    }
}
