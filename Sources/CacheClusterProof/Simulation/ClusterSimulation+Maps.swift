internal import CacheBase
internal import CacheCluster
internal import CacheEngine
internal import CacheFiles
internal import CacheProof
internal import CacheReplication

/// The map: who reads it, acts on it, and changes it.
extension ClusterSimulation {
    /// A node reads the newest map; those between are skipped.
    func readMap() {
        guard let life = pick(nodes.compactMap(\.connected)) else { return }
        readMap(life)
    }

    func readMap(_ life: NodeLife) {
        let map = agreement.map
        guard life.seen.map({ $0.epoch < map.epoch }) ?? true else { return }
        trace.note("read map", UInt64(life.number), map.epoch)
        life.see(map)
    }

    /// A node acts on the next map that it has read.
    func actOnMap() throws {
        guard let node = pick(nodes.filter { $0.running != nil }), let life = node.running else {
            return
        }
        try actOnMap(node, life)
    }

    func actOnMap(_ node: SimulatedNode, _ life: NodeLife) throws {
        guard !life.waiting.isEmpty else { return }
        let map = life.waiting.removeFirst()
        trace.note("act on map", UInt64(life.number), map.epoch)
        do throws(StorageError) {
            life.notLed = try life.replication.take(map)
        } catch {
            // The machine goes down, and with it whatever the process did.
            if node.disk.isDown { return }
            throw failure("\(node.id) cannot act on a map: \(error)")
        }
        life.taken = map
        life.desk.actedOn(map)
        if node.disk.isDown { return }
        try examine(node, life)
    }

    /// Requests go where the map in force says, some time after.
    func route() {
        guard let life = pick(nodes.compactMap(\.running)) else { return }
        life.routing = life.taken
    }

    /// Looks at the replicas.
    func look() {
        guard let life = pick(nodes.compactMap(\.running)) else { return }
        life.replication.look()
    }

    /// A node's proposals become the next map, where it has read the newest.
    func propose() throws {
        guard let life = pick(nodes.compactMap(\.connected)) else { return }
        try propose(life)
    }

    func propose(_ life: NodeLife) throws {
        let proposals = life.desk.events
        guard life.registeredAt != nil, !proposals.isEmpty,
            life.seen?.epoch == agreement.map.epoch
        else { return }
        tracePrint("  \(proposals)")
        // What changes nothing, or no longer, is done.
        if try !change(proposals, "propose", UInt64(life.number)) { life.desk.removeAll() }
    }

    /// Writes the next map.
    @discardableResult
    func change(_ events: [ClusterEvent], _ name: StaticString, _ who: UInt64) throws -> Bool {
        guard agreement.handle(events) else { return false }
        counts.maps += 1
        trace.note(name, who, agreement.map.epoch)
        if let flaw = agreement.map.flaw { throw failure("a map contradicts itself: \(flaw)") }
        return true
    }

    /// A process that has none gets a lease, once the one of the process before has ended.
    func register() {
        let free = nodes.filter { node in
            node.connected?.registeredAt == nil && node.connected != nil && !node.hasLeft
                && agreement.registered[node.id] == nil
        }
        guard let node = pick(free), let life = node.connected else { return }
        register(node, life)
    }

    func register(_ node: SimulatedNode, _ life: NodeLife) {
        trace.note("register", UInt64(life.number))
        agreement.registered[node.id] = life.number
        life.registeredAt = agreement.map.epoch
    }

    /// The lease of a process that is gone, or that nobody hears of, ends: it has stopped to take
    /// writes before.
    func endLease() {
        guard let node = pick(nodes.filter(isLeaseOver)) else { return }
        endLease(node)
    }

    func isLeaseOver(_ node: SimulatedNode) -> Bool {
        guard let holder = agreement.registered[node.id] else { return false }
        return node.life?.number != holder || node.connected == nil
    }

    func endLease(_ node: SimulatedNode) {
        trace.note("lease ends", UInt64(node.number))
        agreement.registered[node.id] = nil
        node.life?.registeredAt = nil
    }

    /// An elected controller writes into the map who came or went.
    func judgeMembers() throws {
        let isElected = nodes.contains { $0.connected?.registeredAt != nil }
        guard isElected, let event = pick(agreement.due) else { return }
        if case .lost = event { counts.losses += 1 }
        tracePrint("  \(event)")
        try change([event], "members", 0)
    }
}
