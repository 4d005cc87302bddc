internal import CacheCluster

/// What the node asks of the store next.
extension Membership {
    mutating func next(at now: UInt64) -> [NumberedRequest] {
        guard !isStopping else { return [] }
        var requests: [NumberedRequest] = []
        if leaseRequest == nil {
            if let lease {
                if now >= nextKeepAlive {
                    nextKeepAlive = now + settings.interval
                    requests.append(send(.keepAlive(lease), \.leaseRequest, at: now))
                }
            } else {
                let grant = StoreRequest.grantLease(seconds: settings.leaseSeconds)
                requests.append(send(grant, \.leaseRequest, at: now))
            }
        }
        if readRequest == nil, writeRequest == nil, isViewFresh, let write = nextWrite() {
            isViewFresh = false
            nextRead = now + settings.interval
            requests.append(send(write, \.writeRequest, at: now))
        }
        if readRequest == nil, now >= nextRead {
            nextRead = now + 4 * settings.interval
            let read = StoreRequest.read(prefix: settings.keys.prefix)
            requests.append(send(read, \.readRequest, at: now))
        }
        return requests
    }

    mutating func send(
        _ request: StoreRequest, _ slot: WritableKeyPath<Membership, PendingRequest?>,
        at now: UInt64
    ) -> NumberedRequest {
        let number = nextNumber
        nextNumber += 1
        self[keyPath: slot] = PendingRequest(number: number, request: request, sentAt: now)
        return NumberedRequest(number: number, request: request)
    }

    /// The first of what is missing: registration, map, controller, a change of the map.
    private mutating func nextWrite() -> StoreRequest? {
        guard let lease, fault == nil else { return nil }
        let keys = settings.keys
        let me = keys.node(settings.member.id)
        guard isRegistered, let mine = view.nodes[settings.member.id] else {
            // Where another lease holds the name, it is waited for: perhaps this node's before
            // a restart, perhaps a node with the same name.
            guard view.nodes[settings.member.id] == nil else { return nil }
            if let lost = ownLoss() { return lost }
            return .write(
                key: me, value: Registration.encoded(settings.member), lease: lease,
                conditions: [StoreCondition(key: me, revision: 0)])
        }
        let alive = StoreCondition(key: me, revision: mine.revision)
        guard let map, let mapEntry = view.map else {
            let first = ClusterMap(first: settings.member, copies: settings.copies)
            return .write(
                key: keys.map, value: first.encoded(), lease: nil,
                conditions: [StoreCondition(key: keys.map, revision: 0), alive])
        }
        guard let controller = view.controller else {
            return .write(
                key: keys.controller, value: Array(settings.member.id.name.utf8), lease: lease,
                conditions: [StoreCondition(key: keys.controller, revision: 0), alive])
        }
        let base = [StoreCondition(key: keys.map, revision: mapEntry.revision), alive]
        if controller.lease == lease {
            let elected = StoreCondition(key: keys.controller, revision: controller.revision)
            if let write = membersWrite(map, base + [elected]) { return write }
        }
        return proposalsWrite(map, base)
    }

    /// This node's lease has ended, and nobody has seen it: the map says first that it was lost. It
    /// may have come back with less than it had, and counts for nothing until it has caught up.
    private func ownLoss() -> StoreRequest? {
        let me = settings.member.id
        guard let map, let entry = view.map, map.member(me)?.isAlive ?? false else { return nil }
        return write(
            map, [.lost(me)],
            [
                StoreCondition(key: settings.keys.map, revision: entry.revision),
                StoreCondition(key: settings.keys.node(me), revision: 0),
            ])
    }

    /// The map with those who came and went, under the condition that they are so still.
    private func membersWrite(_ map: ClusterMap, _ base: [StoreCondition]) -> StoreRequest? {
        var events: [ClusterEvent] = []
        var conditions = base
        func add(_ event: ClusterEvent, _ id: NodeID, _ revision: Int64) {
            guard events.count < MembershipLimits.eventsPerWriteMax else { return }
            events.append(event)
            conditions.append(StoreCondition(key: settings.keys.node(id), revision: revision))
        }
        for member in map.members where member.isAlive && view.nodes[member.id] == nil {
            add(.lost(member.id), member.id, 0)
        }
        for (id, entry) in view.nodes.sorted(by: { $0.key < $1.key }) {
            guard let member = Registration.decoded(entry.value, of: id) else { continue }
            let known = map.member(id)
            let isKnown =
                known?.isAlive ?? false && known?.dataAddress == member.dataAddress
                && known?.peerAddress == member.peerAddress
            if !isKnown { add(.arrived(member), id, entry.revision) }
        }
        return write(map, events, conditions)
    }

    private mutating func proposalsWrite(
        _ map: ClusterMap, _ base: [StoreCondition]
    ) -> StoreRequest? {
        guard let write = write(map, proposals.events, base) else {
            // They change nothing, or no longer: done.
            proposals.removeAll()
            return nil
        }
        return write
    }

    private func write(
        _ map: ClusterMap, _ events: [ClusterEvent], _ conditions: [StoreCondition]
    ) -> StoreRequest? {
        guard !events.isEmpty else { return nil }
        var controller = ClusterController(map)
        guard controller.handle(events) else { return nil }
        return .write(
            key: settings.keys.map, value: controller.map.encoded(), lease: nil,
            conditions: conditions)
    }
}
