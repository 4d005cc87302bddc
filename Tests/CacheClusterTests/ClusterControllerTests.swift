import CacheBase
import Testing

@testable import CacheCluster

@Suite("Cluster controller")
struct ClusterControllerTests {
    private func member(_ number: Int) throws -> Member {
        Member(
            id: try #require(NodeID("node-\(number)")), dataAddress: "127.0.0.1:\(1000 + number)",
            peerAddress: "127.0.0.1:\(2000 + number)")
    }

    private func cluster(_ count: Int, copies: Int) throws -> ClusterController {
        var controller = ClusterController(ClusterMap(first: try member(0), copies: copies))
        let others = try (0..<count).dropFirst().map { ClusterEvent.arrived(try member($0)) }
        _ = controller.handle(others)
        settle(&controller)
        return controller
    }

    /// Every learner catches up and every hand-over succeeds, until nothing changes any more.
    private func settle(_ controller: inout ClusterController, without absent: NodeID? = nil) {
        while true {
            let events = controller.map.partitions.enumerated().flatMap { number, state in
                let partition = Partition(rawValue: UInt16(number))
                let reports = state.learners.filter { $0 != absent }.map {
                    ClusterEvent.caughtUp(partition, $0, state.epoch)
                }
                return state.successor == nil
                    ? reports : reports + [.handedOver(partition, state.epoch)]
            }
            if !controller.handle(events) { return }
        }
    }

    /// Lets the controller handle one event.
    private func take(_ event: ClusterEvent, _ controller: inout ClusterController) -> Bool {
        controller.handle([event])
    }

    /// All is where it should be.
    private func checkRest(_ map: ClusterMap) {
        #expect(map.flaw == nil)
        #expect(map.movesLeft == 0)
        let restless = zip(map.partitions, map.target.lists).filter { state, list in
            let wanted = list.map { map.target.nodes[$0] }
            return state.inSync != wanted.sorted() || state.primary != wanted.first
                || !state.learners.isEmpty || state.successor != nil
        }
        #expect(restless.isEmpty)
    }

    @Test func aPrimaryThatCannotLeadGivesWayToAnotherInSync() throws {
        var controller = try cluster(3, copies: 2)
        let partition = Partition(rawValue: 5)
        let before = controller.map[partition]
        let primary = try #require(before.primary)
        let other = try #require(before.inSync.first { $0 != primary })
        #expect(take(.fellBehind(partition, primary, before.epoch), &controller))
        #expect(controller.map[partition].primary == other)
        #expect(controller.map[partition].epoch > before.epoch)
        #expect(controller.map[partition].learners == [primary])
        // The last that was in sync is waited for.
        let now = controller.map[partition]
        #expect(!take(.fellBehind(partition, other, now.epoch), &controller))
    }

    @Test func aClusterThatGrowsSpreadsAndComesToRest() throws {
        let controller = try cluster(5, copies: 2)
        checkRest(controller.map)
        let held = controller.map.target.loads.map(\.held)
        #expect(Double(held.max() ?? 0) <= 1.15 * Double(2 * Limits.partitions) / 5)
    }

    @Test func onlyWhoWasInSyncIsPromoted() throws {
        var controller = try cluster(3, copies: 2)
        let victim = try member(1).id
        let before = controller.map
        #expect(take(.lost(victim), &controller))
        #expect(controller.map.flaw == nil && controller.map.leaderless == 0)
        for (old, new) in zip(before.partitions, controller.map.partitions) {
            #expect(new.primary.map(old.inSync.contains) == true)
            #expect(!new.inSync.contains(victim))
            #expect((new.epoch > old.epoch) == (old.primary == victim))
        }
        #expect(take(.arrived(try member(1)), &controller))
        settle(&controller)
        checkRest(controller.map)
    }

    @Test(arguments: [false, true])
    func aNodeThatIsLostBeforeItHasAnythingCostsNoCopy(othersGoOn: Bool) throws {
        var controller = try cluster(3, copies: 2)
        let newcomer = try member(3).id
        #expect(take(.arrived(try member(3)), &controller))
        if othersGoOn { settle(&controller, without: newcomer) }
        #expect(controller.map.partitions.allSatisfy { $0.inSync.count >= 2 })
        #expect(take(.lost(newcomer), &controller))
        #expect(controller.map.flaw == nil && controller.map.leaderless == 0)
        #expect(controller.map.partitions.allSatisfy { $0.inSync.count == 2 })
        settle(&controller)
        #expect(controller.map.partitions.allSatisfy { $0.inSync.count == 2 })
        // Who stands in for it and falls behind is not given up.
        let state = try #require(controller.map.partitions.first)
        let replica = try #require(state.inSync.first { $0 != state.primary })
        let first = Partition(rawValue: 0)
        #expect(take(.fellBehind(first, replica, state.epoch), &controller))
        #expect(controller.map[first].learners == [replica])
        settle(&controller)
        #expect(controller.map[first].inSync.count == 2)
        #expect(take(.arrived(try member(3)), &controller))
        settle(&controller)
        checkRest(controller.map)
    }

    @Test func aPartitionWhoseOnlyCopyIsLostWaitsForIt() throws {
        var controller = try cluster(2, copies: 1)
        let victim = try member(1).id
        let led = controller.map.partitions.count { $0.primary == victim }
        _ = controller.handle([.lost(victim)])
        #expect(controller.map.leaderless == led)
        #expect(!take(.removed(victim), &controller))
        _ = controller.handle([.arrived(try member(1))])
        #expect(controller.map.leaderless == 0)
        checkRest(controller.map)
    }

    @Test func theLastOfTwoToBeLostIsWhoLeadsAgain() throws {
        var controller = try cluster(2, copies: 2)
        let (first, second) = (try member(0).id, try member(1).id)
        _ = controller.handle([.lost(first)])
        _ = controller.handle([.lost(second)])
        #expect(controller.map.leaderless == Limits.partitions)
        _ = controller.handle([.arrived(try member(0))])
        #expect(controller.map.leaderless == Limits.partitions)
        _ = controller.handle([.arrived(try member(1))])
        #expect(controller.map.partitions.allSatisfy { $0.primary == second })
    }

    @Test func whoLeavesGivesAllAwayFirst() throws {
        var controller = try cluster(4, copies: 2)
        let leaver = try member(2).id
        #expect(take(.leaving(leaver), &controller))
        #expect(controller.map.member(leaver)?.state == .leaving)
        #expect(controller.map.partitions.contains { $0.primary == leaver })
        settle(&controller)
        #expect(controller.map.member(leaver) == nil)
        checkRest(controller.map)
    }

    @Test func theLastNodeCannotLeave() throws {
        var controller = try cluster(1, copies: 2)
        #expect(!take(.leaving(try member(0).id), &controller))
    }

    @Test func whatIsSaidInAnOldLeadershipIsNotHeard() throws {
        var controller = try cluster(3, copies: 2)
        _ = controller.handle([.lost(try member(0).id)])
        let number = try #require(
            controller.map.partitions.firstIndex { $0.epoch > Epoch(rawValue: 1) })
        let partition = Partition(rawValue: UInt16(number))
        let state = controller.map.partitions[number]
        let old = Epoch(rawValue: state.epoch.rawValue - 1)
        for node in state.inSync + state.learners {
            #expect(!take(.fellBehind(partition, node, old), &controller))
            #expect(!take(.caughtUp(partition, node, old), &controller))
        }
        #expect(!take(.handedOver(partition, old), &controller))
    }

    @Test(arguments: [1, 2, 3, 4, 5, 6] as [UInt64])
    func anyOrderOfEventsKeepsThePromises(seed: UInt64) throws {
        var random = Xoshiro256(seed: seed)
        var controller = try cluster(4, copies: 1 + random.below(3))
        for _ in 0..<80 {
            let before = controller.map
            let changed = controller.handle([try event(&random, before)])
            let after = controller.map
            #expect(after.flaw == nil, "seed \(seed): \(after.flaw ?? "")")
            #expect(after.epoch == before.epoch + (changed ? 1 : 0))
            let broken = zip(before.partitions, after.partitions).filter { !isLawful($0, $1) }
            #expect(broken.isEmpty, "seed \(seed): \(broken)")
        }
        for member in controller.map.members where !member.isAlive {
            _ = controller.handle([.arrived(member)])
        }
        settle(&controller)
        checkRest(controller.map)
    }

    /// Whether a partition may go from one state to the other.
    private func isLawful(_ old: PartitionState, _ new: PartitionState) -> Bool {
        guard let primary = new.primary, primary != old.primary else {
            return new.epoch == old.epoch
        }
        return new.epoch > old.epoch && old.inSync.contains(primary)
    }

    private func event(_ random: inout Xoshiro256, _ map: ClusterMap) throws -> ClusterEvent {
        let member = map.members[random.below(map.members.count)]
        let number = random.below(Limits.partitions)
        let partition = Partition(rawValue: UInt16(number))
        let state = map.partitions[number]
        switch random.below(10) {
        case 0: return .arrived(try self.member(random.below(12)))
        case 1: return .lost(member.id)
        case 2: return .arrived(member)
        case 3: return .leaving(member.id)
        case 4: return .removed(member.id)
        case 5: return .copies(1 + random.below(4))
        case 6: return .fellBehind(partition, member.id, state.epoch)
        case 7: return .handedOver(partition, state.epoch)
        default:
            let learner = state.learners.first ?? member.id
            return .caughtUp(partition, learner, state.epoch)
        }
    }
}

@Suite("Encoded map")
struct ClusterMapEncodingTests {
    private func map() throws -> ClusterMap {
        let members = try (0..<3).map { number in
            Member(
                id: try #require(NodeID("n\(number)")), dataAddress: "h:\(number)",
                peerAddress: "p:\(number)")
        }
        var controller = ClusterController(ClusterMap(first: members[0], copies: 2))
        _ = controller.handle([.arrived(members[1])])
        _ = controller.handle([.arrived(members[2])])
        _ = controller.handle([.lost(members[1].id)])
        return controller.map
    }

    @Test func aMapReadsBackAsItWas() throws {
        let map = try map()
        #expect(try ClusterMap(decoding: map.encoded()) == map)
    }

    @Test func whatIsNoMapIsRefused() throws {
        let text = String(decoding: try map().encoded(), as: UTF8.self)
        let wrong = [
            "", "{}", "[]", String(text.dropLast()),
            text.replacing("\"format\":1", with: "\"format\":2"),
            text.replacing("\"copies\":2", with: "\"copies\":0"),
            text.replacing("\"id\":\"n2\"", with: "\"id\":\"N2\""),
            text.replacing("\"id\":\"n2\"", with: "\"id\":\"n0\""),
            text.replacing("[0]", with: "[7]"),
        ]
        for bytes in wrong {
            #expect(throws: ClusterMapError.self) { try ClusterMap(decoding: Array(bytes.utf8)) }
        }
    }

    @Test func noChangedByteIsATrap() throws {
        let bytes = try map().encoded()
        var random = Xoshiro256(seed: 11)
        for _ in 0..<300 {
            var changed = bytes
            changed[random.below(changed.count)] = UInt8(random.below(256))
            if let map = try? ClusterMap(decoding: changed) { #expect(map.flaw == nil) }
        }
    }
}
