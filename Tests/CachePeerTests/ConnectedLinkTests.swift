import CacheCluster
import CacheSecurity
import NIOCore
import NIOPosix
import Synchronization
import Testing

@testable import CachePeer

/// Established links over real sockets: hostile members, back-pressure, silence, new certificates.
@Suite(.timeLimit(.minutes(2)))
struct ConnectedLinkTests {
    private let cluster: Cluster
    private let loop = MultiThreadedEventLoopGroup.singleton.next()

    init() throws { cluster = try Cluster() }

    private func dial(
        _ node: ListeningNode, _ identity: PeerIdentity, _ settings: PeerSettings = .patient
    ) async throws -> (link: PeerLink, recorder: Recorder) {
        let recorder = Recorder()
        let dialer = PeerDialer(identity: identity, settings: settings)
        let target = PeerTarget(node: try cluster.id("a"), host: "127.0.0.1", port: node.port)
        return (try await dialer.dial(target, on: loop) { _ in recorder }.get(), recorder)
    }

    @Test func aMembersLengthOf4GiBEndsItsLinkAlone() async throws {
        try await ListeningNode.run(cluster.identity("a")) { node in
            let good = try await dial(node, cluster.identity("b"))
            let hostile = try await Stranger(
                port: node.port, cluster.client("c"), first: [255, 255, 255, 255, 2])
            await hostile.isEnded()
            try await settled { node.links.count == 2 && node.links[1].recorder.end != nil }
            #expect(node.links[1].recorder.end == .malformed(.tooLong(bytes: .max)))
            #expect(node.links[1].recorder.frames.isEmpty)
            #expect(good.recorder.end == nil)
        }
    }

    @Test func aFrameCutShortIsNotGivenOn() async throws {
        try await ListeningNode.run(cluster.identity("a")) { node in
            let hostile = try await Stranger(
                port: node.port, cluster.client("c"),
                first: FrameReader.Frame(2, "whole").bytes + [0, 0, 0, 4, 2] + Array("cut".utf8))
            try await settled { node.links.first?.recorder.frames.count == 1 }
            try await hostile.channel.close()
            try await settled { node.links[0].recorder.end != nil }
            #expect(node.links[0].recorder.frames == [FrameReader.Frame(2, "whole")])
        }
    }

    @Test func aSilentMemberIsFound() async throws {
        var settings = PeerSettings.patient
        settings.heartbeatMilliseconds = 40
        settings.silenceMilliseconds = 160
        try await ListeningNode.run(cluster.identity("a"), settings) { node in
            let silent = try await Stranger(port: node.port, cluster.client("c"))
            await silent.isEnded()
            try await settled { node.links.first?.recorder.end == .silent }
            // It was greeted and asked before.
            #expect(silent.received.starts(with: [1, 0, 0, 0, 1, 1, 0, 0, 0, 0]))
        }
    }

    /// Counts what a sender has sent and how much its link held at most.
    private final class Flood: Sendable {
        struct State { var sent = 0, mostPending = 0 }
        let state = Mutex(State())
        let frames: Int
        let body: ByteBuffer

        init(frames: Int, bytes: Int) {
            self.frames = frames
            body = ByteBuffer(repeating: 7, count: bytes)
        }

        var sent: Int { state.withLock { $0.sent } }
        var mostPending: Int { state.withLock { $0.mostPending } }

        /// Sends until it is told to pause, or all is sent.
        func goOn(_ link: PeerLink) {
            var mayGoOn = true
            while mayGoOn, sent < frames {
                mayGoOn = link.send(2, body)
                let pending = link.pendingBytes
                state.withLock { state in
                    state.sent += 1
                    state.mostPending = max(state.mostPending, pending)
                }
            }
        }
    }

    @Test func aReceiverThatDoesNotReadHoldsItsSenderBack() async throws {
        var settings = PeerSettings.patient
        settings.outboundBytesHigh = 512 << 10
        settings.outboundBytesLow = 128 << 10
        let flood = Flood(frames: 512, bytes: 128 << 10)
        try await ListeningNode.run(cluster.identity("a"), keepsBodies: false) { node in
            let (link, recorder) = try await dial(node, cluster.identity("b"), settings)
            let accepted = try #require(node.links.first)
            try await accepted.link.eventLoop.submit { accepted.link.pauseReading() }.get()
            recorder.state.withLock { $0.onWritable = { flood.goOn(link) } }
            link.execute { flood.goOn($0) }
            // The sockets between them take some; then nothing moves, however often it is looked.
            var looks: [Int] = []
            try await settled {
                looks.append(flood.sent)
                return looks.count > 50 && Set(looks.suffix(50)).count == 1
            }
            #expect(flood.mostPending >= settings.outboundBytesHigh)
            #expect(accepted.recorder.bodyBytes == 0)
            #expect(flood.sent < flood.frames)
            accepted.link.execute { $0.resumeReading() }
            try await settled { accepted.recorder.bodyBytes == flood.frames * (128 << 10) }
            #expect(flood.sent == flood.frames)
            #expect(flood.mostPending <= settings.outboundBytesHigh + (128 << 10) + 5)
            #expect(recorder.writableCount > 0)
            #expect(recorder.end == nil)
        }
    }

    @Test func newConnectionsUseNewCertificatesAndOldLinksGoOn() async throws {
        let files = cluster.files
        let first = try cluster.identity("a")
        try await ListeningNode.run(first) { node in
            let second = try cluster.identity("b")
            let old = try await dial(node, second)
            #expect(first.reload() == .unchanged)

            // Half of a new set is not taken, and nothing changes by it.
            files.replace("a.key", with: "next-a.key")
            guard case .refused(let error) = first.reload() else {
                Issue.record("a key that does not fit was taken")
                return
            }
            #expect(error.setting == "peer_key_path")
            #expect(first.reload() == .unchanged)
            _ = try await dial(node, second)

            files.replace("a.pem", with: "next-a.pem")
            files.replace("ca.pem", with: "next-ca.pem")
            guard case .replaced = first.reload() else {
                Issue.record("a new set was not taken")
                return
            }
            await #expect(throws: PeerDialError.refused(.certificate)) {
                _ = try await dial(node, second)
            }
            files.replace("b.key", with: "next-b.key")
            files.replace("b.pem", with: "next-b.pem")
            guard case .replaced = second.reload() else {
                Issue.record("a new set was not taken")
                return
            }
            let new = try await dial(node, second)
            for (index, link) in [(0, old), (2, new)] {
                link.link.execute { $0.send(3, ByteBuffer(string: "still here")) }
                try await settled { node.links[index].recorder.frames.count == 1 }
            }
            #expect(first.reloadCount == 1 && first.refusedReloadCount == 1)
        }
    }

    @Test func nothingIsLeftOfALinkThatHasEnded() async throws {
        weak var link: PeerLink?
        weak var recorder: Recorder?
        try await ListeningNode.run(cluster.identity("a")) { node in
            var dialed: (link: PeerLink, recorder: Recorder)? = try await dial(
                node, cluster.identity("b"))
            (link, recorder) = (dialed?.link, dialed?.recorder)
            #expect(link != nil && recorder != nil)
            dialed?.link.execute { $0.close("done") }
            dialed = nil
            try await settled { link == nil && recorder == nil }
        }
    }

    @Test func stoppingEndsEveryLink() async throws {
        var dialed: (link: PeerLink, recorder: Recorder)?
        try await ListeningNode.run(cluster.identity("a")) { node in
            dialed = try await dial(node, cluster.identity("b"))
            await node.listener.stop()
            #expect(node.listener.connectionCount == 0)
            #expect(node.links.first?.recorder.end != nil)
            await #expect(throws: PeerDialError.self) {
                _ = try await dial(node, cluster.identity("b"))
            }
        }
        let recorder = try #require(dialed).recorder
        try await settled { recorder.end != nil }
    }
}
