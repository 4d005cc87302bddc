package import CacheCluster
internal import CacheListening
internal import Glibc
package import NIOCore
internal import NIOPosix
internal import NIOSSL
internal import Synchronization

/// Takes connections from other nodes, and from nobody else.
///
/// Whoever connects shows a certificate of the cluster's authority that names one node, a member, and
/// agrees on a protocol; all of it before a byte of its content is looked at. Start it once; `stop`
/// ends it. The event loops belong to the caller and outlive it.
package final class PeerListener: Sendable {
    /// What a node does with those that it lets in. Called on event loops: nothing may block.
    package struct Services: Sendable {
        package var isKnown: @Sendable (NodeID) -> Bool
        package var serveFrames: @Sendable (PeerLink) -> any PeerLinkHandler
        package var serveRequests: @Sendable (any Channel, NodeID) -> EventLoopFuture<Void>

        /// - Parameters:
        ///   - isKnown: whether the node is a member; all that have a certificate are by default.
        ///   - serveFrames: takes a new link and says who handles it.
        ///   - serveRequests: puts the handlers of forwarded requests behind those of TLS. Nothing
        ///     is read before its future has succeeded; the connection ends where it fails.
        package init(
            isKnown: @escaping @Sendable (NodeID) -> Bool = { _ in true },
            serveFrames: @escaping @Sendable (PeerLink) -> any PeerLinkHandler,
            serveRequests: @escaping @Sendable (any Channel, NodeID) -> EventLoopFuture<Void>
        ) {
            self.isKnown = isKnown
            self.serveFrames = serveFrames
            self.serveRequests = serveRequests
        }
    }

    /// Who was let in and who was not.
    package let counters = PeerCounters()

    private let identity: PeerIdentity
    private let settings: PeerSettings
    private let group: any EventLoopGroup
    private let services: Services
    private let connections: AcceptedConnections
    private let listener = Mutex<(any Channel)?>(nil)

    package init(
        identity: PeerIdentity, settings: PeerSettings = PeerSettings(),
        group: any EventLoopGroup, services: Services
    ) {
        self.identity = identity
        self.settings = settings
        self.group = group
        self.services = services
        connections = AcceptedConnections(settings)
    }

    /// Connections open now, those in their handshake included.
    package var connectionCount: Int { connections.count }

    /// Binds `host` and `port` (0 for a free one) and takes connections from then on.
    /// - Returns: the port bound.
    /// - Throws: what the system says of the address. Nothing is left open then.
    package func start(host: String, port: Int) async throws -> Int {
        let channel = try await bootstrap().bind(host: host, port: port).get()
        listener.withLock { $0 = channel }
        return channel.localAddress?.port ?? port
    }

    /// Ends the connections of nodes that are no members any more; to be called after a change.
    package func dismissStrangers() {
        for channel in connections.channels(where: { !services.isKnown($0) }) {
            channel.close(promise: nil)
        }
    }

    /// Stops listening and ends every connection; returns when all are gone.
    package func stop() async {
        try? await listener.withLock { $0.take() }?.close().get()
        let open = connections.stop()
        for channel in open { channel.close(promise: nil) }
        for channel in open { try? await channel.closeFuture.get() }
    }

    private func bootstrap() -> ServerBootstrap {
        ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: PeerLimits.acceptBacklog)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelInitializer { listener in
                listener.eventLoop.makeCompletedFuture {
                    try listener.pipeline.syncOperations.addHandler(AcceptPause())
                }
            }
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.userTimeout, value: Int(settings.userTimeoutMilliseconds))
            .childChannelInitializer { [self] channel in
                guard connections.enter(channel) else {
                    counters.note(.busy)
                    return channel.close()
                }
                return channel.eventLoop.makeCompletedFuture {
                    try PeerGate.install(
                        NIOSSLServerHandler(context: identity.server), in: channel,
                        deadline: .milliseconds(settings.handshakeMilliseconds),
                        plan: plan())
                }
            }
    }

    private func plan() -> PeerGate.Plan {
        PeerGate.Plan(
            isInTime: { [identity] in identity.isInTime($0) },
            judge: { [self] peer, channel throws(PeerRefusal) in
                // Nobody dials itself: another process has this node's certificate.
                guard peer.node != identity.node, services.isKnown(peer.node) else {
                    throw .stranger
                }
                guard connections.admit(channel, node: peer.node) else { throw .busy }
            },
            ready: { [self] channel, peer in
                counters.noteAdmitted(peer.spoken)
                return serve(peer, on: channel)
            },
            refused: { [counters] refusal in counters.note(refusal) })
    }

    private func serve(
        _ peer: PeerGate.Peer, on channel: any Channel
    ) -> EventLoopFuture<Void> {
        switch peer.spoken {
        case .requests: return services.serveRequests(channel, peer.node)
        case .frames:
            return channel.eventLoop.makeCompletedFuture {
                let core = LinkCore(settings: settings)
                try channel.pipeline.syncOperations.addHandler(core)
                let link = PeerLink(node: peer.node, eventLoop: channel.eventLoop, core: core)
                core.begin(.there(services.serveFrames(link)))
            }
        }
    }
}

extension ChannelOption where Self == ChannelOptions.Types.SocketOption {
    /// For how many milliseconds sent bytes may stay without acknowledgement.
    static var userTimeout: Self {
        .tcpOption(NIOBSDSocket.Option(rawValue: CInt(TCP_USER_TIMEOUT)))
    }
}
