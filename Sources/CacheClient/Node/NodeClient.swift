internal import AsyncHTTPClient
internal import CacheConsole
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import NIOSSL

/// Makes calls of one node over connections that it keeps.
///
/// Whoever makes one ends it with `shutdown`.
package final class NodeClient: Sendable {
    /// Which node, and how to be let in.
    package struct Settings: Sendable {
        package var address: NodeAddress
        package var management: NodeAddress
        /// Sent with every call; nil where none is.
        package var token: String?
        /// The file of the CAs to trust, in PEM; nil for those of the system.
        package var caPath: String?

        package init(
            address: NodeAddress, management: NodeAddress, token: String?, caPath: String?
        ) {
            self.address = address
            self.management = management
            self.token = token
            self.caPath = caPath
        }
    }

    private let settings: Settings
    private let http: HTTPClient

    /// The node's address as it was given.
    package var address: NodeAddress { settings.address }

    /// - Throws: `ClientError` of kind `usage` where the token or the CA cannot be used.
    package init(_ settings: Settings) throws(ClientError) {
        self.settings = settings
        let isToken = (settings.token ?? "").utf8.allSatisfy { (0x21...0x7E).contains($0) }
        guard isToken else {
            throw ClientError(.usage, "a token has no blanks and no other than ASCII characters")
        }
        http = HTTPClient(
            eventLoopGroupProvider: .singleton,
            configuration: try Self.configuration(caPath: settings.caPath))
    }

    /// Closes the connections; no call may be under way.
    package func shutdown() async { try? await http.shutdown() }

    /// Makes a call, whatever it is answered.
    /// - Throws: `ClientError` of kind `unreachable`, or where the body cannot be read.
    package func answer(to call: Call) async throws(ClientError) -> Answer {
        let address = call.plane == .data ? settings.address : settings.management
        do {
            let request = self.request(call, address)
            return Answer(try await http.execute(request, deadline: .distantFuture))
        } catch {
            let failure = ClientError.connection(error)
            guard failure.kind == .unreachable else { throw failure }
            throw ClientError(.unreachable, "cannot reach \(address): \(failure.message)")
        }
    }

    /// Makes a call that is to succeed.
    /// - Throws: also `ClientError` of kind `answered`, with the node's own words.
    package func succeed(_ call: Call) async throws(ClientError) -> Answer {
        let answer = try await answer(to: call)
        guard answer.isSuccess else { throw try await answer.refusal() }
        return answer
    }

    /// The document that a path leads to.
    package func document(
        _ target: String, _ plane: Call.Plane = .data
    ) async throws(ClientError) -> [UInt8] {
        var call = Call("GET", target)
        call.plane = plane
        return try await succeed(call).bytes()
    }

    private func request(_ call: Call, _ address: NodeAddress) -> HTTPClientRequest {
        var request = HTTPClientRequest(url: address.url(call.target))
        request.method = HTTPMethod(rawValue: call.method)
        for (name, value) in call.fields { request.headers.add(name: name, value: value) }
        if let token = settings.token {
            request.headers.add(name: "Authorization", value: "Bearer " + token)
        }
        switch call.body {
        case .none: break
        case .bytes(let bytes): request.body = .bytes(ByteBuffer(bytes: bytes))
        case .stream(let source):
            request.body = .stream(
                SourcePieces(source: source),
                length: source.byteCount.map { .known(Int64($0)) } ?? .unknown)
        }
        return request
    }

    private static func configuration(
        caPath: String?
    ) throws(ClientError) -> HTTPClient.Configuration {
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.minimumTLSVersion = .tlsv12
        if let caPath {
            do {
                tls.trustRoots = .certificates(try NIOSSLCertificate.fromPEMFile(caPath))
            } catch {
                throw ClientError(.usage, "--ca: \(caPath) is no file of certificates in PEM")
            }
        }
        var configuration = HTTPClient.Configuration(
            tlsConfiguration: tls, redirectConfiguration: .disallow,
            timeout: .init(
                connect: .seconds(ClientLimits.connectSeconds),
                read: .seconds(ClientLimits.silenceSeconds)))
        configuration.httpVersion = .http1Only
        // An answer of "connection refused" is for the person, at once.
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit =
            ClientLimits.requestsMax
        return configuration
    }
}
