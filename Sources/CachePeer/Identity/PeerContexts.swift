internal import CacheSecurity
internal import NIOCore
internal import NIOSSL

/// The TLS of both directions, made of one set of files.
struct PeerContexts: Sendable {
    let server: NIOSSLContext
    let frames: NIOSSLContext
    let requests: NIOSSLContext
    /// When the first of the set's certificates ends, in seconds since 1970.
    let expirySeconds: Int

    /// - Throws: what the library says of the set.
    init(_ pair: CertificatePair, authorities: [NIOSSLCertificate]) throws {
        server = try NIOSSLContext(configuration: .peer(pair, authorities, isServer: true))
        frames = try Self.client(pair, authorities, .frames)
        requests = try Self.client(pair, authorities, .requests)
        let authorityExpiry = authorities.map { Int($0.notValidAfter) }.min() ?? 0
        expirySeconds = min(pair.expirySeconds, authorityExpiry)
    }

    func client(_ spoken: PeerProtocol) -> NIOSSLContext {
        switch spoken {
        case .frames: frames
        case .requests: requests
        }
    }

    private static func client(
        _ pair: CertificatePair, _ authorities: [NIOSSLCertificate], _ spoken: PeerProtocol
    ) throws -> NIOSSLContext {
        var configuration = TLSConfiguration.peer(pair, authorities, isServer: false)
        configuration.applicationProtocols = [spoken.rawValue]
        return try NIOSSLContext(configuration: configuration)
    }
}

extension TLSConfiguration {
    /// One side of a connection between nodes: TLS 1.3, and a certificate of the cluster's own
    /// authorities from the other side. Whose it is, `PeerGate` looks at: the library would take
    /// wildcards, and knows no node that dials.
    fileprivate static func peer(
        _ pair: CertificatePair, _ authorities: [NIOSSLCertificate], isServer: Bool
    ) -> TLSConfiguration {
        var configuration = TLSConfiguration.makeClientConfiguration()
        if isServer {
            configuration = .makeServerConfiguration(
                certificateChain: [], privateKey: .privateKey(pair.key))
            configuration.applicationProtocols = PeerProtocol.allCases.map(\.rawValue)
        }
        configuration.certificateChain = pair.chain.map { .certificate($0) }
        configuration.privateKey = .privateKey(pair.key)
        configuration.trustRoots = .certificates(authorities)
        configuration.certificateVerification = .noHostnameVerification
        configuration.minimumTLSVersion = .tlsv13
        configuration.shutdownTimeout = .milliseconds(PeerLimits.shutdownMilliseconds)
        return configuration
    }
}
