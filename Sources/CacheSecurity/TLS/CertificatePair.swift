internal import CacheBase
internal import NIOSSL

/// Why a certificate and its key cannot be used; names the setting, never the content.
package struct CertificateError: Error, Equatable, CustomStringConvertible {
    /// `tls_cert_path` or `tls_key_path`.
    package let setting: String
    package let reason: String

    package var description: String { "\(setting): \(reason)" }
}

/// Reads the file of a setting.
/// - Parameter isKey: true for a private key, whose file must not be open to others.
/// - Throws: why it cannot be read, or may not be used as it is.
package typealias ReadCertificateFile =
    @Sendable (_ path: String, _ isKey: Bool) throws(CertificateFileError) -> [UInt8]

/// Why a certificate's or a key's file is not read; the text ends a sentence about the path.
package struct CertificateFileError: Error, Equatable {
    package let reason: String

    package init(_ reason: String) { self.reason = reason }
}

/// A certificate chain with the private key that fits it.
///
/// Invariant: a value of this type was checked: the key is the leaf's, the leaf is valid at the
/// time of the check.
struct CertificatePair: Sendable {
    let chain: [NIOSSLCertificate]
    let key: NIOSSLPrivateKey
    /// When the first certificate of the chain stops to be valid, in seconds since 1970.
    let expirySeconds: Int

    /// - Throws: `CertificateError` with the first of all reasons.
    init(
        _ certificateText: [UInt8], _ keyText: [UInt8], _ paths: CertificatePaths, at now: Timestamp
    ) throws(CertificateError) {
        chain = try Self.chain(certificateText, paths)
        key = try Self.key(keyText, paths)
        let seconds = Int(now.rawValue / 1000)
        for certificate in chain {
            try Self.checkTime(certificate, paths, at: seconds)
        }
        expirySeconds = chain.map { Int($0.notValidAfter) }.min() ?? 0
        try checkFit(paths)
    }

    private static func chain(
        _ text: [UInt8], _ paths: CertificatePaths
    ) throws(CertificateError) -> [NIOSSLCertificate] {
        guard let chain = try? NIOSSLCertificate.fromPEMBytes(text), !chain.isEmpty else {
            throw paths.certificateError("holds no certificate in PEM form")
        }
        return chain
    }

    private static func key(
        _ text: [UInt8], _ paths: CertificatePaths
    ) throws(CertificateError) -> NIOSSLPrivateKey {
        guard let key = try? NIOSSLPrivateKey(bytes: text, format: .pem) else {
            throw paths.keyError("holds no private key in PEM form without a passphrase")
        }
        return key
    }

    private static func checkTime(
        _ certificate: NIOSSLCertificate, _ paths: CertificatePaths, at seconds: Int
    ) throws(CertificateError) {
        guard seconds < Int(certificate.notValidAfter) else {
            let expiry = UTCTime(seconds: Int(certificate.notValidAfter))
            throw paths.certificateError("a certificate expired on \(expiry)")
        }
        guard seconds >= Int(certificate.notValidBefore) else {
            let start = UTCTime(seconds: Int(certificate.notValidBefore))
            throw paths.certificateError("a certificate is not valid before \(start)")
        }
    }

    /// The library compares the two when it puts them together.
    private func checkFit(_ paths: CertificatePaths) throws(CertificateError) {
        guard (try? NIOSSLContext(configuration: .server(self))) != nil else {
            throw paths.keyError("is not the key of the certificate in \(paths.certificate)")
        }
    }
}

/// Where a certificate and its key are.
struct CertificatePaths: Sendable {
    let certificate: String
    let key: String

    func certificateError(_ reason: String) -> CertificateError {
        CertificateError(setting: "tls_cert_path", reason: "\(certificate) \(reason)")
    }

    func keyError(_ reason: String) -> CertificateError {
        CertificateError(setting: "tls_key_path", reason: "\(key) \(reason)")
    }
}

extension TLSConfiguration {
    /// A server's side: TLS 1.2 and 1.3, and of 1.2 only suites with forward secrecy and
    /// authenticated encryption. Clients are known by their tokens, not by certificates.
    static func server(_ pair: CertificatePair) -> TLSConfiguration {
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: pair.chain.map { .certificate($0) },
            privateKey: .privateKey(pair.key))
        configuration.minimumTLSVersion = .tlsv12
        configuration.cipherSuiteValues = [
            .TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, .TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
            .TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, .TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
            .TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
            .TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
        ]
        configuration.applicationProtocols = ["http/1.1"]
        return configuration
    }
}
