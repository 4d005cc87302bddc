internal import AsyncHTTPClient
internal import NIOCore
internal import NIOHTTP1
internal import NIOSSL

/// Fetches a key set over HTTPS, with certificates checked and limits on time and size.
///
/// Redirects are not followed: the address that is configured is the one that is trusted.
struct KeySetClient: Sendable {
    private let url: String
    private let trustRoots: NIOSSLTrustRoots

    /// - Parameter url: begins with `https://`; anything else is refused when it is fetched.
    /// - Parameter trustRoots: who may sign the server's certificate.
    init(url: String, trustRoots: NIOSSLTrustRoots = .default) {
        self.url = url
        self.trustRoots = trustRoots
    }

    /// A client for each fetch: they are rare, and nothing is left open between them.
    func fetch() async throws(KeyFetchError) -> [UInt8] {
        guard url.hasPrefix("https://") else { throw KeyFetchError("not an https address") }
        let client = HTTPClient(
            eventLoopGroupProvider: .singleton, configuration: configuration)
        do {
            let document = try await document(client)
            try? await client.shutdown()
            return document
        } catch {
            try? await client.shutdown()
            throw error as? KeyFetchError ?? KeyFetchError("\(error)")
        }
    }

    private func document(_ client: HTTPClient) async throws -> [UInt8] {
        var request = HTTPClientRequest(url: url)
        request.headers.add(name: "Accept", value: "application/jwk-set+json, application/json")
        let deadline = TimeAmount.seconds(SecurityLimits.keysFetchSeconds)
        let answer = try await client.execute(request, timeout: deadline)
        guard answer.status == .ok else {
            throw KeyFetchError("the server answered \(answer.status.code)")
        }
        let body = try await answer.body.collect(upTo: SecurityLimits.keySetBytesMax)
        return Array(body.readableBytesView)
    }

    private var configuration: HTTPClient.Configuration {
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.minimumTLSVersion = .tlsv12
        tls.trustRoots = trustRoots
        var configuration = HTTPClient.Configuration(
            tlsConfiguration: tls, redirectConfiguration: .disallow,
            timeout: .init(connect: .seconds(5), read: .seconds(5)))
        configuration.httpVersion = .http1Only
        // When to try again is for the key ring to say.
        configuration.connectionPool.retryConnectionEstablishment = false
        return configuration
    }
}
