internal import NIOCore
internal import NIOEmbedded
internal import NIOSSL
internal import NIOTLS

/// Lets both sides of a set of certificates meet, in memory: what other nodes would refuse is found
/// before they see it.
enum SelfHandshake {
    static func succeeds(_ contexts: PeerContexts) -> Bool {
        guard let server = try? End(NIOSSLServerHandler(context: contexts.server)),
            let handler = try? NIOSSLClientHandler(
                context: contexts.client(.frames), serverHostname: nil),
            let client = try? End(handler)
        else { return false }
        defer {
            server.end()
            client.end()
        }
        while client.send(to: server) || server.send(to: client) {}
        return server.isAgreed && client.isAgreed
    }

    /// One side, on a channel without a network.
    private final class End {
        private let channel = EmbeddedChannel()
        private let outcome = Outcome()

        init(_ tls: NIOSSLHandler) throws {
            let pipeline = channel.pipeline.syncOperations
            try pipeline.addHandler(tls, name: PeerGate.encryption)
            try pipeline.addHandler(outcome)
            channel.connect(to: try SocketAddress(ipAddress: "127.0.0.1", port: 1), promise: nil)
        }

        /// The handshake has come to its end, and nothing was said against it after.
        var isAgreed: Bool { outcome.isCompleted && !outcome.hasFailed }

        /// False where there was nothing to send.
        func send(to other: End) -> Bool {
            guard let bytes = try? channel.readOutbound(as: ByteBuffer.self) else { return false }
            _ = try? other.channel.writeInbound(bytes)
            return true
        }

        /// Below TLS, which would wait for the other side.
        func end() {
            let context = try? channel.pipeline.syncOperations.context(name: PeerGate.encryption)
            context?.close(promise: nil)
            channel.embeddedEventLoop.run()
        }
    }

    private final class Outcome: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        private(set) var isCompleted = false
        private(set) var hasFailed = false

        func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
            if case .handshakeCompleted? = event as? TLSUserEvent { isCompleted = true }
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) { hasFailed = true }
    }
}
