package import CacheBase
internal import NIOCore
package import NIOSSL
internal import Synchronization

/// What a look at the certificate files of a server or a node came to.
package enum CertificateReload: Sendable, Equatable {
    case unchanged
    /// New connections get the new certificate, which ends at this time.
    case replaced(expirySeconds: Int)
    /// The files are others and cannot be used; what was before stays. Told once for each content.
    case refused(CertificateError)
}

/// The encryption of a server's connections: a certificate that is replaced while it serves.
///
/// Invariant: a connection has the pair that was there at its handshake, for as long as it lasts.
package final class ServerTLS: Sendable {
    private let pair: WatchedCertificates<CertificatePair>
    private let handshakeFailures = Atomic<UInt64>(0)

    /// Reads and checks the pair.
    /// - Throws: `CertificateError`, which names the setting and says what is wrong.
    package init(
        certificatePath: String, keyPath: String, clock: Clock, read: @escaping ReadCertificateFile
    ) throws(CertificateError) {
        let certificate = CertificateLocation(setting: "tls_cert_path", path: certificatePath)
        let key = CertificateLocation(setting: "tls_key_path", path: keyPath, isKey: true)
        pair = try WatchedCertificates([certificate, key], read: read) {
            files throws(CertificateError) in
            try CertificatePair(files[0], at: certificate, files[1], at: key, now: clock.now())
        }
    }

    /// When the certificate in use ends, in seconds since 1970.
    package var expirySeconds: Int { pair.content.expirySeconds }

    /// Times that a new pair was taken.
    package var reloadCount: UInt64 { pair.reloadCount }

    /// Times that the files had changed and could not be used.
    package var refusedReloadCount: UInt64 { pair.refusedReloadCount }

    /// Connections that ended before they were encrypted.
    package var handshakeFailureCount: UInt64 { handshakeFailures.load(ordering: .relaxed) }

    package func noteHandshakeFailure() { handshakeFailures.add(1, ordering: .relaxed) }

    /// What a listener makes its one context from: each handshake takes the pair of its moment.
    package var configuration: TLSConfiguration {
        var configuration = TLSConfiguration.server(pair.content)
        configuration.sslContextCallback = { [pair] _, promise in
            let pair = pair.content
            var override = NIOSSLContextConfigurationOverride()
            override.certificateChain = pair.chain.map { .certificate($0) }
            override.privateKey = .privateKey(pair.key)
            promise.succeed(override)
        }
        return configuration
    }

    /// Looks at the files and takes a new pair where they hold one. Reads the disk: not for an
    /// event loop. One caller at a time.
    package func reload() -> CertificateReload {
        switch pair.reload() {
        case .unchanged: .unchanged
        case .replaced(let pair): .replaced(expirySeconds: pair.expirySeconds)
        case .refused(let error): .refused(error)
        }
    }
}
