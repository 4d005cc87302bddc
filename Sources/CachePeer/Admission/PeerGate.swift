internal import CacheCluster
internal import NIOCore
internal import NIOSSL
internal import NIOTLS

/// Stands behind TLS until it is known who the other side is: then what runs on the connection is
/// put behind it, and it goes. Where the other side is not who it must be, the connection is cut.
///
/// To what is put behind it, the channel becomes active when it opens.
///
/// Invariants: not a byte from the other side passes before it is admitted and its handlers are
/// there; of a channel that was connected, exactly one of `ready` and `refused` is called, once.
final class PeerGate: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// Who is there.
    struct Peer: Sendable {
        let node: NodeID
        let spoken: PeerProtocol
    }

    /// What a side of a connection does with it.
    struct Plan {
        /// Whether a certificate is valid now.
        let isInTime: (NIOSSLCertificate) -> Bool
        /// Looks at who was found.
        let judge: (Peer, any Channel) throws(PeerRefusal) -> Void
        /// Puts what runs on the connection into its pipeline.
        let ready: (any Channel, Peer) -> EventLoopFuture<Void>
        /// Nothing came of it.
        let refused: (PeerRefusal) -> Void
    }

    /// Name of TLS in the pipeline.
    static let encryption = "encryption"

    private enum Phase {
        case handshake
        case settingUp(held: [ByteBuffer])
        case open
        case closed
    }

    private let tls: NIOSSLHandler
    private let plan: Plan
    private let deadline: TimeAmount
    private var phase = Phase.handshake
    private var timer: Scheduled<Void>?
    /// The channel was connected: before that, there is nobody to refuse.
    private var wasActive = false
    /// Reading was asked for while handlers are being set up.
    private var isReadHeld = false

    init(tls: NIOSSLHandler, deadline: TimeAmount, plan: Plan) {
        self.tls = tls
        self.deadline = deadline
        self.plan = plan
    }

    /// Puts TLS and a gate into a new channel's pipeline; on its event loop.
    static func install(
        _ tls: NIOSSLHandler, in channel: any Channel, deadline: TimeAmount, plan: Plan
    ) throws {
        let pipeline = channel.pipeline.syncOperations
        try pipeline.addHandler(tls, name: encryption)
        try pipeline.addHandler(PeerGate(tls: tls, deadline: deadline, plan: plan))
    }

    /// Closes a channel below its encryption, which would wait for the other side.
    static func cut(_ context: ChannelHandlerContext) {
        let encryption = try? context.pipeline.syncOperations.context(name: encryption)
        (encryption ?? context).close(promise: nil)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: deadline) {
            self.refuse(.deadline, context)
        }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        if wasActive { refuse(.ended, context) }
        timer?.cancel()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard case .handshakeCompleted(let agreed)? = event as? TLSUserEvent else {
            return context.fireUserInboundEventTriggered(event)
        }
        handshakeCompleted(agreed, context)
    }

    /// Told again to those behind, by `open`.
    func channelActive(context: ChannelHandlerContext) { wasActive = true }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch phase {
        case .handshake, .closed: break
        case .settingUp(var held):
            held.append(unwrapInboundIn(data))
            phase = .settingUp(held: held)
        case .open: context.fireChannelRead(data)
        }
    }

    func read(context: ChannelHandlerContext) {
        if case .settingUp = phase { isReadHeld = true } else { context.read() }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if case .open = phase { return context.fireErrorCaught(error) }
        refuse(PeerRefusal(handshakeError: error), context)
    }

    func channelInactive(context: ChannelHandlerContext) {
        if case .open = phase { return context.fireChannelInactive() }
        refuse(.ended, context)
    }

    private func handshakeCompleted(_ agreed: String?, _ context: ChannelHandlerContext) {
        guard case .handshake = phase else { return }
        do throws(PeerRefusal) {
            let peer = try identify(agreed)
            try plan.judge(peer, context.channel)
            timer?.cancel()
            phase = .settingUp(held: [])
            plan.ready(context.channel, peer).assumeIsolated().whenComplete { outcome in
                switch outcome {
                case .success: self.open(context)
                case .failure: Self.cut(context)
                }
            }
        } catch {
            refuse(error, context)
        }
    }

    private func identify(_ agreed: String?) throws(PeerRefusal) -> Peer {
        guard let certificate = tls.peerCertificate else { throw .noCertificate }
        // A session that is resumed was judged when it began, which may be days ago.
        guard plan.isInTime(certificate) else { throw .certificate }
        guard let node = NodeID(certificate) else { throw .name }
        guard let spoken = agreed.flatMap(PeerProtocol.init(rawValue:)) else { throw .noProtocol }
        return Peer(node: node, spoken: spoken)
    }

    /// What came meanwhile goes to the handlers that are there now.
    private func open(_ context: ChannelHandlerContext) {
        guard case .settingUp(let held) = phase else { return }
        phase = .open
        context.fireChannelActive()
        for bytes in held { context.fireChannelRead(wrapInboundOut(bytes)) }
        if !held.isEmpty { context.fireChannelReadComplete() }
        if isReadHeld { context.read() }
        context.pipeline.syncOperations.removeHandler(self, promise: nil)
    }

    private func refuse(_ refusal: PeerRefusal, _ context: ChannelHandlerContext) {
        switch phase {
        case .handshake: plan.refused(refusal)
        // It was admitted, and has ended before it could be used.
        case .settingUp: break
        case .open, .closed: return
        }
        phase = .closed
        timer?.cancel()
        Self.cut(context)
    }
}
