import CacheCluster
import NIOCore
import NIOPosix
import NIOSSL
import NIOTLS
import Synchronization

@testable import CachePeer

/// A node's listener with what it was brought.
final class ListeningNode: Sendable {
    private struct State: Sendable {
        var links: [(link: PeerLink, recorder: Recorder)] = []
        var requests: [NodeID] = []
        /// Nil where every node is one.
        var members: Set<String>?
    }

    /// What the services write to.
    private final class Shared: Sendable {
        let state = Mutex(State())
    }

    private let shared: Shared
    let listener: PeerListener
    let port: Int
    let group: MultiThreadedEventLoopGroup

    private init(
        _ listener: PeerListener, _ port: Int, _ group: MultiThreadedEventLoopGroup,
        _ shared: Shared
    ) {
        self.listener = listener
        self.port = port
        self.group = group
        self.shared = shared
    }

    var links: [(link: PeerLink, recorder: Recorder)] { shared.state.withLock { $0.links } }
    var requests: [NodeID] { shared.state.withLock { $0.requests } }
    /// Nodes that are members from now on.
    func change(members: Set<String>) {
        shared.state.withLock { $0.members = members }
        listener.dismissStrangers()
    }

    func refused(_ refusal: PeerRefusal) -> UInt64 { listener.counters[refusal] }

    /// Runs `body` against a listener of its own.
    static func run(
        _ identity: PeerIdentity, _ settings: PeerSettings = .patient,
        members: Set<String>? = nil, keepsBodies: Bool = true,
        _ body: (ListeningNode) async throws -> Void
    ) async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
        let shared = Shared()
        shared.state.withLock { $0.members = members }
        let services = PeerListener.Services(
            isKnown: { node in
                shared.state.withLock { $0.members?.contains(node.name) ?? true }
            },
            serveFrames: { link in
                let recorder = Recorder(keepsBodies: keepsBodies)
                shared.state.withLock { $0.links.append((link, recorder)) }
                return recorder
            },
            serveRequests: { channel, node in
                shared.state.withLock { $0.requests.append(node) }
                return channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Echo())
                }
            })
        let listener = PeerListener(
            identity: identity, settings: settings, group: group, services: services)
        let port = try await listener.start(host: "127.0.0.1", port: 0)
        let node = ListeningNode(listener, port, group, shared)
        do {
            try await body(node)
        } catch {
            await listener.stop()
            try await group.shutdownGracefully()
            throw error
        }
        await listener.stop()
        try await group.shutdownGracefully()
    }

    /// Answers with what it is sent.
    private final class Echo: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            context.writeAndFlush(data, promise: nil)
        }
    }
}

/// A connection that plays by no rules: what comes is kept, what is sent is up to the test.
final class Stranger: Sendable {
    private final class Keeper: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        private let received: ReceivedBytes
        private let first: ByteBuffer
        private let isPlain: Bool

        init(_ received: ReceivedBytes, _ first: ByteBuffer, isPlain: Bool) {
            self.received = received
            self.first = first
            self.isPlain = isPlain
        }

        func channelActive(context: ChannelHandlerContext) {
            if isPlain { context.writeAndFlush(NIOAny(first), promise: nil) }
        }

        func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
            guard case .handshakeCompleted? = event as? TLSUserEvent else { return }
            context.writeAndFlush(NIOAny(first), promise: nil)
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let bytes = unwrapInboundIn(data)
            received.bytes.withLock { $0 += Array(bytes.readableBytesView) }
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            context.close(promise: nil)
        }
    }

    final class ReceivedBytes: Sendable {
        let bytes = Mutex<[UInt8]>([])
    }

    let channel: any Channel
    private let kept: ReceivedBytes

    /// Connects, and sends `first` as soon as it may.
    /// - Parameter tls: nil for none.
    init(port: Int, _ tls: TLSConfiguration?, first: [UInt8] = []) async throws {
        let kept = ReceivedBytes()
        let context = try tls.map { try NIOSSLContext(configuration: $0) }
        channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    if let context {
                        try pipeline.addHandler(
                            NIOSSLClientHandler(context: context, serverHostname: nil))
                    }
                    let keeper = Keeper(
                        kept, ByteBuffer(bytes: first), isPlain: context == nil)
                    try pipeline.addHandler(keeper)
                }
            }.connect(host: "127.0.0.1", port: port).get()
        self.kept = kept
    }

    deinit { channel.close(promise: nil) }

    var received: [UInt8] { kept.bytes.withLock { $0 } }

    func send(_ bytes: [UInt8]) async throws {
        try await channel.writeAndFlush(ByteBuffer(bytes: bytes))
    }

    /// Returns when the connection is gone.
    func isEnded() async { try? await channel.closeFuture.get() }
}
