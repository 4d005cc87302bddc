import CacheBase
import CacheCluster
import NIOCore
import NIOPosix
import Synchronization
import Testing

@testable import CachePeer

/// One link that is made again and again.
@Suite(.timeLimit(.minutes(2)))
struct ConnectorTests {
    private let cluster: Cluster
    private let loop = MultiThreadedEventLoopGroup.singleton.next()

    init() throws { cluster = try Cluster() }

    /// What a connector told its owner.
    private final class Told: Sendable {
        struct State: Sendable {
            var recorders: [Recorder] = []
            var failures: [PeerDialError] = []
        }

        let state = Mutex(State())

        var recorders: [Recorder] { state.withLock { $0.recorders } }
        var failureCount: Int { state.withLock { $0.failures.count } }
    }

    /// A connector of node `b` to node `a`, started.
    private func connect(
        to node: ListeningNode, _ told: Told, thenStop: Bool = false
    ) async throws -> NIOLoopBound<PeerConnector> {
        let target = PeerTarget(node: try cluster.id("a"), host: "127.0.0.1", port: node.port)
        let dialer = PeerDialer(identity: try cluster.identity("b"), settings: .patient)
        let owner = PeerConnector.Owner(
            serve: { _ in
                let recorder = Recorder()
                told.state.withLock { $0.recorders.append(recorder) }
                return recorder
            },
            failed: { error in told.state.withLock { $0.failures.append(error) } })
        return try await loop.submit { [loop] in
            let connector = PeerConnector(
                target, dialer: dialer, eventLoop: loop, clock: .system(), seed: 1, owner: owner)
            connector.start()
            if thenStop { connector.stop() }
            return NIOLoopBound(connector, eventLoop: loop)
        }.get()
    }

    @Test func aLinkThatEndsIsMadeAgain() async throws {
        let told = Told()
        try await ListeningNode.run(cluster.identity("a")) { node in
            let connector = try await connect(to: node, told)
            for count in 1...3 {
                try await settled { node.links.count == count && told.recorders.count == count }
                let accepted = node.links[count - 1]
                accepted.link.execute { $0.send(5, ByteBuffer(string: "hello")) }
                try await settled {
                    told.recorders[count - 1].frames == [FrameReader.Frame(5, "hello")]
                }
                accepted.link.execute { $0.close("once more") }
                try await settled { told.recorders[count - 1].end != nil }
            }
            try await settled { told.recorders.count == 4 }
            try await loop.submit { connector.value.stop() }.get()
            try await settled { told.recorders[3].end != nil && node.listener.connectionCount == 0 }
            #expect(told.recorders[3].end == .closed("the node is not wanted any more"))
            #expect(try await loop.submit { connector.value.link == nil }.get())
        }
    }

    @Test func aLinkThatComesWhenItIsNotWantedIsClosedAndAnotherCanBeMade() async throws {
        let told = Told()
        try await ListeningNode.run(cluster.identity("a")) { node in
            let connector = try await connect(to: node, told, thenStop: true)
            try await settled { told.recorders.first?.end != nil }
            #expect(told.recorders[0].end == .closed("the node is not wanted any more"))
            try await settled { node.listener.connectionCount == 0 }
            try await loop.submit { connector.value.start() }.get()
            try await settled { told.recorders.count == 2 }
            try await loop.submit { connector.value.stop() }.get()
            try await settled { told.recorders[1].end != nil }
        }
    }

    @Test func aNodeThatIsTakenInLaterIsLinkedAndOneTakenOutIsNot() async throws {
        let told = Told()
        try await ListeningNode.run(cluster.identity("a"), members: ["a"]) { node in
            let connector = try await connect(to: node, told)
            try await settled { told.failureCount >= 2 }
            #expect(told.recorders.isEmpty)
            node.change(members: ["a", "b"])
            try await settled { told.recorders.count == 1 && node.links.count == 1 }
            node.change(members: ["a"])
            let before = told.failureCount
            try await settled { told.recorders[0].end != nil && told.failureCount > before }
            try await loop.submit { connector.value.stop() }.get()
            try await settled { node.listener.connectionCount == 0 }
            #expect(node.links.count == 1)
        }
    }
}
