package import NIOCore
internal import NIOPosix
internal import NIOSSL

/// Connects to other nodes, and takes only the one that it means.
///
/// One attempt a call; when to make the next one says `PeerReconnector`.
package final class PeerDialer: Sendable {
    /// Who was met.
    package let counters = PeerCounters()

    private let identity: PeerIdentity
    private let settings: PeerSettings

    package init(identity: PeerIdentity, settings: PeerSettings = PeerSettings()) {
        self.identity = identity
        self.settings = settings
    }

    /// Makes a link to a node.
    /// - Parameter serve: says who handles the link, on its event loop, before anything of it is
    ///   given on; called where both sides have taken each other.
    /// - Returns: the link; or a `PeerDialError`.
    package func dial(
        _ target: PeerTarget, on eventLoop: any EventLoop,
        _ serve: @escaping @Sendable (PeerLink) -> any PeerLinkHandler
    ) -> EventLoopFuture<PeerLink> {
        let promise = eventLoop.makePromise(of: PeerLink.self)
        connect(target, .frames, on: eventLoop, failed: { promise.fail($0) }) { channel in
            let begun = self.begin(target, on: channel, promise, serve)
            begun.whenFailure { promise.fail(PeerDialError.turnedAway("\($0)")) }
            return begun
        }
        return promise.futureResult
    }

    /// Puts a link on a channel; `promise` is kept with the first word from the other side.
    private func begin(
        _ target: PeerTarget, on channel: any Channel, _ promise: EventLoopPromise<PeerLink>,
        _ serve: @escaping @Sendable (PeerLink) -> any PeerLinkHandler
    ) -> EventLoopFuture<Void> {
        channel.eventLoop.makeCompletedFuture {
            let core = LinkCore(settings: settings)
            try channel.pipeline.syncOperations.addHandler(core)
            let link = PeerLink(node: target.node, eventLoop: channel.eventLoop, core: core)
            core.begin(
                .awaited(
                    welcomed: {
                        promise.succeed(link)
                        return serve(link)
                    },
                    failed: { promise.fail(PeerDialError.turnedAway($0.description)) }))
        }
    }

    /// Makes a connection for forwarded requests to a node.
    ///
    /// The other side may still turn this node away: it ends the connection then.
    /// - Parameter setUp: puts handlers behind those of TLS; nothing is read before it is done.
    /// - Returns: the channel; or a `PeerDialError`, or what `setUp` failed with.
    package func open(
        _ target: PeerTarget, on eventLoop: any EventLoop,
        _ setUp: @escaping @Sendable (any Channel) -> EventLoopFuture<Void>
    ) -> EventLoopFuture<any Channel> {
        let promise = eventLoop.makePromise(of: (any Channel).self)
        connect(target, .requests, on: eventLoop, failed: { promise.fail($0) }) { channel in
            let done = setUp(channel)
            done.map { channel }.cascade(to: promise)
            return done
        }
        return promise.futureResult
    }

    private func connect(
        _ target: PeerTarget, _ spoken: PeerProtocol, on eventLoop: any EventLoop,
        failed: @escaping @Sendable (PeerDialError) -> Void,
        ready: @escaping @Sendable (any Channel) -> EventLoopFuture<Void>
    ) {
        ClientBootstrap(group: eventLoop)
            .connectTimeout(.milliseconds(settings.connectMilliseconds))
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelOption(.userTimeout, value: Int(settings.userTimeoutMilliseconds))
            .channelInitializer { [self] channel in
                eventLoop.makeCompletedFuture {
                    let tls = try NIOSSLClientHandler(
                        context: identity.client(spoken), serverHostname: nil)
                    try PeerGate.install(
                        tls, in: channel, deadline: .milliseconds(settings.handshakeMilliseconds),
                        plan: plan(target, spoken, failed: failed, ready: ready))
                }
            }
            .connect(host: target.host, port: target.port)
            // The gate may have told its own reason before; the first one stays.
            .whenFailure { failed(.unreachable("\($0)")) }
    }

    private func plan(
        _ target: PeerTarget, _ spoken: PeerProtocol,
        failed: @escaping (PeerDialError) -> Void,
        ready: @escaping (any Channel) -> EventLoopFuture<Void>
    ) -> PeerGate.Plan {
        PeerGate.Plan(
            isInTime: { [identity] in identity.isInTime($0) },
            judge: { peer, _ throws(PeerRefusal) in
                guard peer.node == target.node else { throw .stranger }
                guard peer.spoken == spoken else { throw .noProtocol }
            },
            ready: { [counters] channel, _ in
                counters.noteAdmitted(spoken)
                return ready(channel)
            },
            refused: { [counters] refusal in
                counters.note(refusal)
                failed(.refused(refusal))
            })
    }
}
