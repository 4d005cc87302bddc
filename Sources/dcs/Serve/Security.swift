internal import CacheBase
internal import CacheConfig
internal import CacheFiles
internal import CacheSecurity
internal import Logging

/// Who may do what on this node, and how its connections are encrypted.
struct Security: Sendable {
    /// Nil where everybody who reaches the node may do everything.
    let authenticator: Authenticator?
    /// Nil where connections are not encrypted.
    let encryption: ServerTLS?
    private let log: Logger

    /// A certificate that ends sooner is warned of.
    private static let expiryNoticeSeconds = 14 * 86_400

    /// Checks the certificate and begins to fetch the keys of tokens.
    /// - Throws: `Failure` that names the setting, before anything is served.
    init(_ configuration: Configuration, clock: Clock, log: Logger) throws(Failure) {
        self.log = log
        encryption = try Self.encryption(configuration, clock)
        let events = SecurityLog(log)
        authenticator = Authenticator(configuration, clock: clock) { events.write($0) }
        authenticator?.start()
        warn(configuration, at: clock.now())
    }

    private static func encryption(
        _ configuration: Configuration, _ clock: Clock
    ) throws(Failure) -> ServerTLS? {
        guard let certificate = configuration.tlsCertificatePath,
            let key = configuration.tlsKeyPath
        else { return nil }
        do throws(CertificateError) {
            return try ServerTLS(
                certificatePath: certificate, keyPath: key, clock: clock, read: CertificateFile.read
            )
        } catch {
            throw .refused(error.description)
        }
    }

    /// What is allowed and may not be meant.
    private func warn(_ configuration: Configuration, at now: Timestamp) {
        if configuration.jwksURL != nil, configuration.jwtAudience == nil {
            log.warning(
                "jwt_audience is not set: tokens that the issuer made for other services are good")
        }
        let isReachable = NetworkAddress(configuration.listenAddress)?.isLoopback == false
        if isReachable, encryption == nil {
            log.warning("connections from other machines are not encrypted: tokens can be read")
        }
        if isReachable, authenticator == nil {
            log.warning(
                """
                OPEN TO EVERYBODY: whoever reaches this node reads and writes everything, until \
                jwt_secret or jwks_url is set
                """)
        }
        if let encryption,
            encryption.expirySeconds - Int(now.rawValue / 1000) < Self.expiryNoticeSeconds
        {
            log.warning("the certificate ends within two weeks")
        }
    }

    /// Takes a new certificate where its files have changed. Reads the disk; one caller at a time.
    func reloadCertificate() {
        guard let encryption else { return }
        switch encryption.reload() {
        case .unchanged: break
        case .replaced: log.notice("new connections get the new certificate")
        case .refused(let error):
            log.error(
                "the new certificate is not used, the one before stays",
                metadata: ["reason": "\(error)"])
        }
    }
}

/// Reads certificates and keys from the disk.
enum CertificateFile {
    static func read(_ path: String, isKey: Bool) throws(CertificateFileError) -> [UInt8] {
        let files = RealFileSystem()
        do throws(StorageError) {
            if isKey, let complaint = complaint(try files.accessMode(of: path)) {
                throw StorageError(.permission, complaint)
            }
            return try files.contents(of: path, limit: SecurityLimits.pemBytesMax)
        } catch {
            throw CertificateFileError(
                error.kind == .notFound ? "does not exist" : "cannot be used: \(error.message)")
        }
    }

    /// Why a key with these permissions is not safe. A group may read it, as with Kubernetes and
    /// Debian's `ssl-cert`.
    private static func complaint(_ mode: UInt16) -> String? {
        if mode & 0o004 != 0 { return "everybody on this machine may read it; chmod o-r" }
        return mode & 0o022 != 0 ? "others may change it; chmod go-w" : nil
    }
}
