import CacheBase
import CacheCluster
import Testing

@testable import CacheMembership

@Suite("Membership")
struct MembershipTests {
    private let second: UInt64 = 1_000_000_000

    /// A node that is registered, has made the map and is the controller; its store; the time.
    private func settled() throws -> (Membership, SimulatedStore, UInt64) {
        var node = Membership(
            MembershipSettings(
                member: ClusterSimulation.member(0), keys: StoreKeys(cluster: "test"), copies: 2))
        var store = SimulatedStore()
        let now = 100 * second
        var requests = node.tick(at: now)
        while let request = requests.first {
            requests.removeFirst()
            let reply = store.handle(request.request, at: now)
            requests += node.received(reply, to: request.number, at: now)
        }
        try #require(node.isController)
        return (node, store, now)
    }

    private let partition = Partition(rawValue: 7)
    private let other = ClusterSimulation.member(1)

    @Test func theFirstNodeMakesTheMapAndLeadsAll() throws {
        let (node, _, now) = try settled()
        #expect(node.map?.epoch == 1)
        #expect(node.role(in: partition) == .primary)
        #expect(node.mayWrite(partition, at: now))
    }

    @Test func withoutTheStoreWritesEndBeforeTheLeaseAndReadsStay() throws {
        var (node, _, now) = try settled()
        let until = try #require(node.mayWriteUntil)
        #expect(until == now + 2_700_000_000)
        _ = node.tick(at: now + 2 * second)
        #expect(node.mayWrite(partition, at: until - 1))
        #expect(!node.mayWrite(partition, at: until))
        #expect(node.map != nil)
    }

    @Test func anAnswerCountsFromWhenItsRequestWasSent() throws {
        var (node, store, now) = try settled()
        let sent = now + second
        let request = try #require(
            node.tick(at: sent).first { if case .keepAlive = $0.request { true } else { false } })
        let reply = store.handle(request.request, at: sent)
        _ = node.received(reply, to: request.number, at: sent + 700_000_000)
        #expect(node.mayWriteUntil == sent + 2_700_000_000)
    }

    @Test func aLongerLeaseThanAskedForIsNotReliedOn() throws {
        var (node, _, now) = try settled()
        let lease = try #require(node.lease)
        let request = try #require(
            node.tick(at: now + second).first { $0.request == .keepAlive(lease) })
        _ = node.received(.lease(lease, seconds: 3600), to: request.number, at: now + second)
        #expect(node.mayWriteUntil == now + second + 2_700_000_000)
    }

    @Test func aLeaseThatIsGoneEndsTheWritesAtOnce() throws {
        var (node, _, now) = try settled()
        let request = try #require(
            node.tick(at: now + second).first {
                if case .keepAlive = $0.request { true } else { false }
            })
        _ = node.received(.noLease, to: request.number, at: now + second)
        #expect(node.mayWriteUntil == nil)
    }

    @Test func stoppingEndsTheWritesAndGivesTheLeaseBack() throws {
        var (node, store, now) = try settled()
        let requests = node.stop(at: now)
        #expect(node.mayWriteUntil == nil)
        for request in requests { _ = store.handle(request.request, at: now) }
        #expect(store.entries.keys.sorted() == [node.settings.keys.map])
    }

    @Test func aMapThatGoesBackEndsTheWrites() throws {
        var (node, store, now) = try settled()
        let map = try #require(node.map)
        var other = map
        other.copies = 3
        let write = StoreRequest.write(
            key: node.settings.keys.map, value: other.encoded(), lease: nil, conditions: [])
        _ = store.handle(write, at: now)
        let request = try #require(node.changed(at: now).last)
        _ = node.received(store.handle(request.request, at: now), to: request.number, at: now)
        #expect(node.fault == .mapWentBack(known: 1, seen: 1))
        #expect(node.mayWriteUntil == nil)
        #expect(node.map == map)
    }

    @Test func aMapThatIsNoneEndsTheWrites() throws {
        var (node, store, now) = try settled()
        let write = StoreRequest.write(
            key: node.settings.keys.map, value: [0xFF, 0x00], lease: nil, conditions: [])
        _ = store.handle(write, at: now)
        let request = try #require(node.changed(at: now).last)
        _ = node.received(store.handle(request.request, at: now), to: request.number, at: now)
        #expect(node.fault != nil)
        #expect(node.mayWriteUntil == nil)
    }

    @Test func aLostNodeThatIsBackIsNotDeclaredLost() throws {
        var (node, store, now) = try settled()
        var map = ClusterController(try #require(node.map))
        let isChanged = map.handle([.arrived(other)])
        #expect(isChanged)
        let write = StoreRequest.write(
            key: node.settings.keys.map, value: map.map.encoded(), lease: nil, conditions: [])
        _ = store.handle(write, at: now)
        let read = try #require(node.changed(at: now).last)
        let requests = node.received(
            store.handle(read.request, at: now), to: read.number, at: now)
        // Before the controller's write arrives the node is registered.
        let register = StoreRequest.write(
            key: node.settings.keys.node(other.id), value: Registration.encoded(other),
            lease: nil, conditions: [])
        let registered = store.handle(register, at: now)
        #expect(registered == .written(true))
        let lost = try #require(requests.last)
        let declared = store.handle(lost.request, at: now)
        #expect(declared == .written(false))
    }

    private func read(
        _ reply: StoreReply, by node: inout Membership, at now: UInt64
    ) throws -> [NumberedRequest] {
        let request = try #require(
            node.changed(at: now).first { if case .read = $0.request { true } else { false } })
        return node.received(reply, to: request.number, at: now)
    }

    @Test func whoWasAwayUnseenIsLostBeforeItIsBack() throws {
        let (first, former, now) = try settled()
        var store = former
        // Its lease ends, and it is back before anybody looks.
        let lease = try #require(first.lease)
        _ = store.handle(.revokeLease(lease), at: now)
        var node = Membership(first.settings)
        var epochs: [UInt64] = []
        var requests = node.tick(at: now)
        var hasSeenLoss = false
        while let request = requests.first {
            requests.removeFirst()
            if case .write(let key, _, _, _) = request.request,
                key == node.settings.keys.node(node.settings.member.id)
            {
                hasSeenLoss = node.map?.member(node.settings.member.id)?.state == .lost
            }
            let reply = store.handle(request.request, at: now)
            requests += node.received(reply, to: request.number, at: now)
            if let epoch = node.map?.epoch, epochs.last != epoch { epochs.append(epoch) }
        }
        #expect(hasSeenLoss)
        #expect(epochs == [1, 2, 3])
        #expect(node.mayWrite(partition, at: now))
        #expect(node.map.map { $0[partition].epoch > first.map![partition].epoch } ?? false)
    }

    @Test func aMapThatIsGoneEndsTheWritesAndIsNotMadeAnew() throws {
        var (node, _, now) = try settled()
        let map = try #require(node.map)
        let requests = try read(.entries([], revision: 1000), by: &node, at: now)
        #expect(requests.isEmpty)
        #expect(node.fault == .mapVanished)
        #expect(node.mayWriteUntil == nil)
        #expect(node.map == map)
    }

    @Test func aStoreOfBeforeEndsTheWrites() throws {
        var (node, _, now) = try settled()
        _ = try read(.entries([], revision: 1), by: &node, at: now)
        #expect(node.fault == .storeWentBack(known: 4, seen: 1))
        #expect(node.mayWriteUntil == nil)
    }

    @Test func aMapKeptOverARestartIsNotMadeAnew() throws {
        let (before, _, now) = try settled()
        var node = Membership(before.settings, known: before.map)
        var empty = SimulatedStore()
        var requests = node.tick(at: now)
        while let request = requests.first {
            requests.removeFirst()
            let reply = empty.handle(request.request, at: now)
            requests += node.received(reply, to: request.number, at: now)
        }
        #expect(node.fault == .mapVanished)
        #expect(empty.entries.isEmpty)
    }

    @Test func aRenewalAfterTheEndCountsWhenTheRegistrationWasReadAgain() throws {
        var (node, store, now) = try settled()
        let lease = try #require(node.lease)
        let late = try #require(node.mayWriteUntil) + 1
        let sent = node.tick(at: late)
        let renewal = try #require(sent.first { $0.request == .keepAlive(lease) })
        let requests = node.received(.lease(lease, seconds: 3), to: renewal.number, at: late)
        #expect(node.mayWriteUntil == nil)
        let read = try #require(requests.first)
        _ = node.received(store.handle(read.request, at: now), to: read.number, at: late)
        #expect(node.mayWrite(partition, at: late))
    }

    @Test func whatWasSaidOfAFollowerIsForgottenWhereMapsWereMissed() throws {
        var (node, store, now) = try settled()
        var controller = ClusterController(try #require(node.map))
        let isJoined = controller.handle([.arrived(other)])
        #expect(isJoined)
        try take(controller.map, node: &node, store: &store, at: now)
        let state = controller.map[partition]
        let isTaken = node.propose(.caughtUp(partition, other.id, state.epoch))
        #expect(isTaken)
        controller = ClusterController(controller.map)
        _ = controller.handle([.lost(other.id)])
        _ = controller.handle([.arrived(other)])
        #expect(controller.map[partition] == state)
        let former = try #require(node.map).epoch
        try take(controller.map, node: &node, store: &store, at: now)
        #expect(node.proposals.events.isEmpty)
        // Nor is it said anew by who has not seen the new map yet.
        let isLate = !node.propose(.caughtUp(partition, other.id, state.epoch), under: former)
        #expect(isLate && node.proposals.events.isEmpty)
    }

    /// Another's map reaches the node.
    private func take(
        _ map: ClusterMap, node: inout Membership, store: inout SimulatedStore, at now: UInt64
    ) throws {
        let write = StoreRequest.write(
            key: node.settings.keys.map, value: map.encoded(), lease: nil, conditions: [])
        _ = store.handle(write, at: now)
        let reply = store.handle(.read(prefix: node.settings.keys.prefix), at: now)
        _ = try read(reply, by: &node, at: now)
        #expect(node.map == map)
    }

    @Test func tooManyProposalsAreRefused() throws {
        var (node, _, _) = try settled()
        for number in 0..<MembershipLimits.proposalsMax {
            let epoch = Epoch(rawValue: UInt32(number))
            let isTaken = node.propose(.handedOver(partition, epoch))
            #expect(isTaken)
        }
        let isTaken = node.propose(.copies(3))
        #expect(!isTaken)
    }
}
