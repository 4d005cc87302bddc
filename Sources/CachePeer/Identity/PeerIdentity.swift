package import CacheBase
package import CacheCluster
package import CacheSecurity
internal import NIOSSL

/// Who this node is towards the others: the cluster's authority, its own certificate and key, which
/// are replaced while it runs.
///
/// Invariants: the set in use was checked as a whole when it was read, and its certificate names
/// `node`; a set that does not pass leaves it as it is. A connection has the set that was there at
/// its handshake, for as long as it lasts.
package final class PeerIdentity: Sendable {
    /// Where the three files are.
    package struct Paths: Sendable {
        package var authority: String
        package var certificate: String
        package var key: String

        package init(authority: String, certificate: String, key: String) {
            self.authority = authority
            self.certificate = certificate
            self.key = key
        }
    }

    package let node: NodeID
    private let clock: Clock
    private let contexts: WatchedCertificates<PeerContexts>

    /// Reads and checks the files.
    /// - Throws: `CertificateError`, which names the setting and says what is wrong.
    package init(
        node: NodeID, paths: Paths, clock: Clock, read: @escaping ReadCertificateFile
    ) throws(CertificateError) {
        self.node = node
        self.clock = clock
        let files = PeerFiles(paths)
        contexts = try WatchedCertificates(files.locations, read: read) {
            texts throws(CertificateError) in
            try files.contexts(texts, node: node, now: clock.now())
        }
    }

    /// When the first certificate in use ends, in seconds since 1970.
    package var expirySeconds: Int { contexts.content.expirySeconds }

    /// Times that a new set was taken.
    package var reloadCount: UInt64 { contexts.reloadCount }

    /// Times that the files had changed and could not be used.
    package var refusedReloadCount: UInt64 { contexts.refusedReloadCount }

    /// Looks at the files and takes a new set where they hold one. Reads the disk: not for an event
    /// loop. One caller at a time.
    package func reload() -> CertificateReload {
        switch contexts.reload() {
        case .unchanged: .unchanged
        case .replaced(let contexts): .replaced(expirySeconds: contexts.expirySeconds)
        case .refused(let error): .refused(error)
        }
    }

    /// Whether a certificate is valid now.
    func isInTime(_ certificate: NIOSSLCertificate) -> Bool {
        let seconds = Int(clock.now().rawValue / 1000)
        return Int(certificate.notValidBefore) <= seconds
            && seconds < Int(certificate.notValidAfter)
    }

    var server: NIOSSLContext { contexts.content.server }

    func client(_ spoken: PeerProtocol) -> NIOSSLContext { contexts.content.client(spoken) }
}

/// The files of an identity and what they must hold.
private struct PeerFiles: Sendable {
    let authority: CertificateLocation
    let certificate: CertificateLocation
    let key: CertificateLocation

    init(_ paths: PeerIdentity.Paths) {
        authority = CertificateLocation(setting: "peer_ca_path", path: paths.authority)
        certificate = CertificateLocation(setting: "peer_cert_path", path: paths.certificate)
        key = CertificateLocation(setting: "peer_key_path", path: paths.key, isKey: true)
    }

    var locations: [CertificateLocation] { [authority, certificate, key] }

    func contexts(
        _ texts: [[UInt8]], node: NodeID, now: Timestamp
    ) throws(CertificateError) -> PeerContexts {
        let authorities = try NIOSSLCertificate.checked(texts[0], at: authority, now: now)
        let pair = try CertificatePair(texts[1], at: certificate, texts[2], at: key, now: now)
        guard NodeID(pair.chain[0]) == node else {
            throw certificate.error("does not name this node: its one DNS name must be \(node)")
        }
        guard let contexts = try? PeerContexts(pair, authorities: authorities) else {
            throw certificate.error("cannot be used with \(authority.path)")
        }
        guard SelfHandshake.succeeds(contexts) else {
            throw certificate.error(
                """
                would be refused by other nodes: it is not of an authority in \(authority.path), \
                or not for both serverAuth and clientAuth
                """)
        }
        return contexts
    }
}
