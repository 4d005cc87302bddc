internal import NIOCore
internal import NIOPosix
package import NIOSSL
internal import NIOTLS

/// A client of one encrypted connection to this machine.
package final class TLSClient {
    /// A whole answer with a Content-Length.
    package struct Answer: Sendable {
        package let status: Int
        package let head: String
        package let body: String
    }

    /// The connection ended, with the reason that the library gave.
    package struct Ended: Error {
        package let reason: String
    }

    private let channel: any Channel
    private var pieces: AsyncThrowingStream<String, any Error>.Iterator
    private var received = ""

    /// Connects and ends the handshake.
    /// - Parameter roots: PEM of what the server's certificate must be signed with.
    /// - Throws: what the handshake failed with.
    package init(
        port: Int, trusting roots: [UInt8],
        _ change: (inout TLSConfiguration) -> Void = { _ in }
    ) async throws {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(roots))
        configuration.applicationProtocols = ["h2", "http/1.1"]
        change(&configuration)
        let context = try NIOSSLContext(configuration: configuration)
        let (stream, continuation) = AsyncThrowingStream<String, any Error>.makeStream()
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandlers(
                        NIOSSLClientHandler(context: context, serverHostname: "localhost"),
                        Receiver(continuation))
                }
            }.connect(host: "127.0.0.1", port: port).get()
        self.channel = channel
        pieces = stream.makeAsyncIterator()
        // The first piece is the protocol agreed on.
        guard let agreed = try await pieces.next() else { throw Ended(reason: "no handshake") }
        agreedProtocol = agreed
    }

    deinit { channel.close(promise: nil) }

    /// What both sides speak, by ALPN; empty for nothing.
    package let agreedProtocol: String

    package func send(_ text: String) async throws {
        try await channel.writeAndFlush(ByteBuffer(string: text))
    }

    /// Ends this side's sending.
    package func endSending() async throws { try await channel.close(mode: .output) }

    package func request(
        _ method: String, _ path: String, _ fields: [String] = [], body: String = ""
    ) async throws -> Answer {
        let lines = (["Host: test", "Content-Length: \(body.utf8.count)"] + fields)
            .map { $0 + "\r\n" }.joined()
        try await send("\(method) \(path) HTTP/1.1\r\n\(lines)\r\n\(body)")
        return try await answer()
    }

    /// The next whole answer.
    package func answer() async throws -> Answer {
        while received.firstRange(of: "\r\n\r\n") == nil { try await receive() }
        guard let end = received.firstRange(of: "\r\n\r\n") else { throw Ended(reason: "no head") }
        let head = String(received[..<end.lowerBound])
        let field = head.split(separator: "\r\n").first {
            $0.lowercased().hasPrefix("content-length: ")
        }
        let length = field.flatMap { Int($0.dropFirst(16)) } ?? 0
        var rest = String(received[end.upperBound...])
        while rest.utf8.count < length {
            try await receive()
            rest = String(received[end.upperBound...])
        }
        let cut = rest.utf8.index(rest.startIndex, offsetBy: length)
        received = String(rest[cut...])
        return Answer(
            status: Int(head.dropFirst(9).prefix(3)) ?? 0, head: head, body: String(rest[..<cut]))
    }

    /// Returns when the server has ended the connection; true where it sent nothing more.
    package func isEnded() async -> Bool {
        guard received.isEmpty else { return false }
        return (try? await pieces.next()) == nil
    }

    private func receive() async throws {
        guard let piece = try await pieces.next() else { throw Ended(reason: "the end") }
        received += piece
    }

    /// Passes on what comes: first the agreed protocol, then the content.
    private final class Receiver: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        private let pieces: AsyncThrowingStream<String, any Error>.Continuation

        init(_ pieces: AsyncThrowingStream<String, any Error>.Continuation) {
            self.pieces = pieces
        }

        func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
            guard case .handshakeCompleted(let agreed)? = event as? TLSUserEvent else { return }
            pieces.yield(agreed ?? "")
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            pieces.yield(String(buffer: unwrapInboundIn(data)))
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            pieces.finish(throwing: error)
            context.close(promise: nil)
        }

        func channelInactive(context: ChannelHandlerContext) { pieces.finish() }
    }
}
