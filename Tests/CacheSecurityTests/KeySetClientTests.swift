import NIOCore
import NIOPosix
import NIOSSL
import TestSupport
import Testing

@testable import CacheSecurity

/// Fetching a key set from a server of the test's own.
struct KeySetClientTests {
    private let certificates: Certificates

    init() throws {
        certificates = try Certificates()
        try certificates.make("issuer")
    }

    /// Answers every connection with the same bytes.
    private final class FixedAnswer: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer
        private let answer: String
        private var received = ""

        init(_ answer: String) { self.answer = answer }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            received += String(buffer: unwrapInboundIn(data))
            guard received.hasSuffix("\r\n\r\n") else { return }
            let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: answer))).whenComplete { _ in
                bound.value.close(promise: nil)
            }
        }
    }

    /// Serves `answer` over TLS and fetches it.
    private func fetch(
        _ answer: String, host: String = "localhost", trusts: Bool = true
    ) async throws -> Result<[UInt8], KeyFetchError> {
        let pair = TLSConfiguration.makeServerConfiguration(
            certificateChain: try NIOSSLCertificate.fromPEMBytes(certificates.bytes("issuer.pem"))
                .map { .certificate($0) },
            privateKey: .privateKey(
                try NIOSSLPrivateKey(bytes: certificates.bytes("issuer.key"), format: .pem)))
        let context = try NIOSSLContext(configuration: pair)
        let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandlers(
                        NIOSSLServerHandler(context: context), FixedAnswer(answer))
                }
            }.bind(host: "127.0.0.1", port: 0).get()
        let port = server.localAddress?.port ?? 0
        let roots = try NIOSSLCertificate.fromPEMBytes(certificates.bytes("issuer.pem"))
        let client = KeySetClient(
            url: "https://\(host):\(port)/jwks",
            trustRoots: trusts ? .certificates(roots) : .default)
        let result: Result<[UInt8], KeyFetchError>
        do throws(KeyFetchError) {
            result = .success(try await client.fetch())
        } catch {
            result = .failure(error)
        }
        try await server.close()
        return result
    }

    private func answer(_ status: String, _ fields: String, _ body: String) -> String {
        "HTTP/1.1 \(status)\r\n\(fields)Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
    }

    @Test func aDocumentIsFetched() async throws {
        let document = #"{"keys":[]}"#
        let fetched = try await fetch(answer("200 OK", "", document))
        #expect(try fetched.get() == Array(document.utf8))
    }

    @Test func aServerThatNobodyVouchesForIsRefused() async throws {
        let fetched = try await fetch(answer("200 OK", "", "{}"), trusts: false)
        #expect(throws: KeyFetchError.self) { try fetched.get() }
    }

    @Test func aDocumentBeyondTheLimitIsRefused() async throws {
        let long = String(repeating: "x", count: SecurityLimits.keySetBytesMax + 1)
        let fetched = try await fetch(answer("200 OK", "", long))
        #expect(throws: KeyFetchError.self) { try fetched.get() }
    }

    @Test(arguments: ["301 Moved Permanently", "404 Not Found", "500 Oops", "204 No Content"])
    func anythingButASuccessIsAFailure(status: String) async throws {
        let fetched = try await fetch(answer(status, "Location: https://localhost/\r\n", ""))
        #expect(throws: KeyFetchError.self) { try fetched.get() }
    }

    @Test func onlyHTTPSIsAsked() async {
        for url in ["http://127.0.0.1:1/", "file:///etc/passwd", "", "https"] {
            await #expect(throws: KeyFetchError.self) { try await KeySetClient(url: url).fetch() }
        }
    }
}
