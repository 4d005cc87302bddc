import CacheBase
import CacheCluster
import Foundation
import NIOCore
import NIOPosix
import NIOSSL
import Testing

@testable import CachePeer

/// Who gets in, over real sockets.
@Suite(.timeLimit(.minutes(2)))
struct AdmissionTests {
    private let cluster: Cluster
    private let loop = MultiThreadedEventLoopGroup.singleton.next()

    init() throws { cluster = try Cluster() }

    private func target(_ name: String, _ node: ListeningNode) throws -> PeerTarget {
        PeerTarget(node: try cluster.id(name), host: "127.0.0.1", port: node.port)
    }

    /// A link of node `b` to node `a`, and what it brings.
    private func link(
        _ node: ListeningNode, as identity: PeerIdentity? = nil, to name: String = "a"
    ) async throws -> (link: PeerLink, recorder: Recorder) {
        let recorder = Recorder()
        let dialer = PeerDialer(identity: try identity ?? cluster.identity("b"), settings: .patient)
        let link = try await dialer.dial(try target(name, node), on: loop) { _ in recorder }.get()
        return (link, recorder)
    }

    /// Sends a frame from each side to the other and awaits both.
    private func exchange(
        _ left: (link: PeerLink, recorder: Recorder), _ right: (link: PeerLink, recorder: Recorder)
    ) async throws {
        let before = (left.recorder.frames.count, right.recorder.frames.count)
        left.link.execute { $0.send(7, ByteBuffer(string: "from the left")) }
        right.link.execute { $0.send(9, ByteBuffer(string: "from the right")) }
        try await settled {
            left.recorder.frames.count == before.0 + 1
                && right.recorder.frames.count == before.1 + 1
        }
        #expect(left.recorder.frames.last == FrameReader.Frame(9, "from the right"))
        #expect(right.recorder.frames.last == FrameReader.Frame(7, "from the left"))
    }

    @Test func twoNodesExchangeFrames() async throws {
        try await ListeningNode.run(cluster.identity("a")) { node in
            let dialed = try await link(node)
            #expect(dialed.link.node.name == "a")
            let accepted = try #require(node.links.first)
            #expect(accepted.link.node.name == "b")
            for _ in 0..<10 { try await exchange(dialed, accepted) }
            #expect(node.listener.counters[admitted: .frames] == 1)
            dialed.link.execute { $0.close("done") }
            try await settled {
                accepted.recorder.end != nil && dialed.recorder.end != nil
                    && node.listener.connectionCount == 0
            }
            #expect(dialed.recorder.end == .closed("done"))
        }
    }

    @Test func requestsGetTheirOwnHandlersWithTheNodesName() async throws {
        try await ListeningNode.run(cluster.identity("a")) { node in
            let dialer = PeerDialer(identity: try cluster.identity("c"), settings: .patient)
            let (pieces, continuation) = AsyncStream<String>.makeStream()
            let channel = try await dialer.open(try target("a", node), on: loop) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Reader(continuation))
                }
            }.get()
            try await channel.writeAndFlush(ByteBuffer(string: "GET /"))
            var received = ""
            for await piece in pieces {
                received += piece
                if received == "GET /" { break }
            }
            #expect(node.requests.map(\.name) == ["c"])
            #expect(node.listener.counters[admitted: .requests] == 1)
            // What is sent goes out at once, and is not waited for without end.
            #expect(try await channel.getOption(.tcpOption(.tcp_nodelay)).get() != 0)
            #expect(try await channel.getOption(.userTimeout).get() == 30_000)
            try await channel.close()
        }
    }

    /// What strangers have to show, and the reason for which each is turned away.
    private static let strangers: [(String?, PeerRefusal)] = [
        ("foreign", .certificate), ("expired", .certificate), ("early", .certificate),
        ("server-only", .certificate), ("two-names", .name), ("no-name", .name),
        ("wildcard", .name), ("address", .name), ("c", .stranger), (nil, .noCertificate),
    ]

    @Test(arguments: strangers)
    func aCertificateThatIsNotAMembersIsRefused(name: String?, refusal: PeerRefusal) async throws {
        try await ListeningNode.run(cluster.identity("a"), members: ["a", "b"]) { node in
            let good = try await link(node)
            let accepted = try #require(node.links.first)
            let frame = FrameReader.Frame(7, "let me in").bytes
            let stranger = try await Stranger(port: node.port, cluster.client(name), first: frame)
            await stranger.isEnded()
            try await settled { node.refused(refusal) == 1 }
            #expect(PeerRefusal.allCases.map(node.refused).reduce(0, +) == 1)
            #expect(stranger.received.isEmpty)
            #expect(node.links.count == 1)
            #expect(accepted.recorder.frames.isEmpty)
            try await exchange(good, accepted)
        }
    }

    @Test func whatIsNotTLS13IsRefused() async throws {
        try await ListeningNode.run(cluster.identity("a")) { node in
            let good = try await link(node)
            let accepted = try #require(node.links.first)
            let frame = FrameReader.Frame(7, "let me in").bytes
            var old = try cluster.client("b")
            old.maximumTLSVersion = .tlsv12
            for tls in [old, nil] {
                let stranger = try await Stranger(port: node.port, tls, first: frame)
                await stranger.isEnded()
            }
            try await settled { node.refused(.handshake) == 2 }
            #expect(node.links.count == 1)
            try await exchange(good, accepted)
        }
    }

    @Test(arguments: [[], ["http/1.1", "dcs-peer/2"]])
    func whoSpeaksNoKnownProtocolIsRefused(spoken: [String]) async throws {
        try await ListeningNode.run(cluster.identity("a")) { node in
            let stranger = try await Stranger(
                port: node.port, cluster.client("b", speaking: spoken), first: [1, 2, 3])
            await stranger.isEnded()
            try await settled { node.refused(.noProtocol) == 1 }
            #expect(node.links.isEmpty && node.requests.isEmpty)
        }
    }

    @Test func aHandshakeThatDoesNotEndIsCutOff() async throws {
        var settings = PeerSettings.patient
        settings.handshakeMilliseconds = 200
        try await ListeningNode.run(cluster.identity("a"), settings) { node in
            let silent = try await Stranger(port: node.port, nil)
            let slow = try await Stranger(port: node.port, nil, first: [0x16, 3, 1, 2])
            await silent.isEnded()
            await slow.isEnded()
            try await settled {
                node.refused(.deadline) == 2 && node.listener.connectionCount == 0
            }
        }
    }

    @Test func handshakesAreLimited() async throws {
        var settings = PeerSettings.patient
        settings.handshakesMax = 1
        try await ListeningNode.run(cluster.identity("a"), settings) { node in
            let good = try await link(node)
            let holder = try await Stranger(port: node.port, nil)
            try await settled { node.listener.connectionCount == 2 }
            let second = try await Stranger(port: node.port, nil)
            await second.isEnded()
            #expect(node.refused(.busy) == 1)
            try await exchange(good, try #require(node.links.first))
            try await holder.channel.close()
            try await settled { node.listener.connectionCount == 1 }
            _ = try await link(node)
        }
    }

    @Test func connectionsOfOneNodeAreLimited() async throws {
        var settings = PeerSettings.patient
        settings.connectionsPerNodeMax = 1
        try await ListeningNode.run(cluster.identity("a"), settings) { node in
            let first = try await link(node)
            await #expect(throws: PeerDialError.self) { _ = try await link(node) }
            #expect(node.refused(.busy) == 1)
            _ = try await link(node, as: cluster.identity("c"))
            first.link.execute { $0.close("makes room") }
            try await settled { node.listener.connectionCount == 1 }
            _ = try await link(node)
        }
    }

    @Test func aNodeDoesNotLinkToItself() async throws {
        try await ListeningNode.run(cluster.identity("a")) { node in
            await #expect(throws: PeerDialError.self) {
                _ = try await link(node, as: cluster.identity("a"))
            }
            #expect(node.refused(.stranger) == 1)
        }
    }

    @Test func aNodeThatIsNotTheOneDialedIsRefused() async throws {
        try await ListeningNode.run(cluster.identity("a")) { node in
            let dialer = PeerDialer(identity: try cluster.identity("b"), settings: .patient)
            await #expect(throws: PeerDialError.refused(.stranger)) {
                _ = try await dialer.dial(try target("c", node), on: loop) { _ in Recorder() }.get()
            }
            #expect(dialer.counters[.stranger] == 1)
            await #expect(throws: PeerDialError.refused(.stranger)) {
                _ = try await dialer.open(try target("c", node), on: loop) {
                    $0.eventLoop.makeSucceededVoidFuture()
                }.get()
            }
            #expect(node.links.allSatisfy { $0.recorder.frames.isEmpty })
        }
    }

    @Test func aServerOfAnotherAuthorityIsRefused() async throws {
        let foreign = try cluster.identity("a", certificate: "foreign", authority: "foreign-ca")
        try await ListeningNode.run(foreign) { node in
            let dialer = PeerDialer(identity: try cluster.identity("b"), settings: .patient)
            await #expect(throws: PeerDialError.refused(.certificate)) {
                _ = try await dialer.dial(try target("a", node), on: loop) { _ in Recorder() }.get()
            }
            #expect(dialer.counters[.certificate] == 1)
            #expect(node.links.isEmpty)
        }
    }

    @Test func aDialThatIsTurnedAwayFails() async throws {
        try await ListeningNode.run(cluster.identity("a"), members: ["a"]) { node in
            await #expect {
                _ = try await link(node)
            } throws: { error in
                guard case .turnedAway? = error as? PeerDialError else { return false }
                return true
            }
            #expect(node.refused(.stranger) == 1)
        }
    }

    @Test func aDialToNobodyFails() async throws {
        let port = try await unusedPort()
        let dialer = PeerDialer(identity: try cluster.identity("b"), settings: .patient)
        let target = PeerTarget(node: try cluster.id("a"), host: "127.0.0.1", port: port)
        await #expect {
            _ = try await dialer.dial(target, on: loop) { _ in Recorder() }.get()
        } throws: { error in
            guard case .unreachable? = error as? PeerDialError else { return false }
            return true
        }
        #expect(PeerRefusal.allCases.allSatisfy { dialer.counters[$0] == 0 })
    }

    @Test func aCertificateIsJudgedByTheNodesOwnClockToo() async throws {
        let clock = Clock.manual(
            start: Timestamp(rawValue: UInt64(Date().timeIntervalSince1970 * 1000)))
        try await ListeningNode.run(cluster.identity("a", clock: clock)) { node in
            _ = try await link(node)
            clock.advance(milliseconds: 31 * 86_400_000)
            await #expect(throws: PeerDialError.self) { _ = try await link(node) }
            #expect(node.refused(.certificate) == 1)
        }
    }

    /// A port that was free a moment ago.
    private func unusedPort() async throws -> Int {
        let listener = try await ServerBootstrap(group: loop).bind(host: "127.0.0.1", port: 0).get()
        let port = listener.localAddress?.port ?? 0
        try await listener.close()
        return port
    }

    private final class Reader: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        private let pieces: AsyncStream<String>.Continuation

        init(_ pieces: AsyncStream<String>.Continuation) { self.pieces = pieces }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            pieces.yield(String(buffer: unwrapInboundIn(data)))
        }

        func channelInactive(context: ChannelHandlerContext) { pieces.finish() }
    }
}
