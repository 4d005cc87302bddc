package import CacheBase
package import NIOSSL

/// A certificate chain with the private key that fits it.
///
/// Invariant: a value of this type was checked: the key is the leaf's, all certificates are valid
/// at the time of the check.
package struct CertificatePair: Sendable {
    /// The node's own first, then those that lead to its authority.
    package let chain: [NIOSSLCertificate]
    package let key: NIOSSLPrivateKey
    /// When the first certificate of the chain stops to be valid, in seconds since 1970.
    package let expirySeconds: Int

    /// - Throws: `CertificateError` with the first of all reasons.
    package init(
        _ certificateText: [UInt8], at certificate: CertificateLocation, _ keyText: [UInt8],
        at key: CertificateLocation, now: Timestamp
    ) throws(CertificateError) {
        chain = try NIOSSLCertificate.checked(certificateText, at: certificate, now: now)
        guard let privateKey = try? NIOSSLPrivateKey(bytes: keyText, format: .pem) else {
            throw key.error("holds no private key in PEM form without a passphrase")
        }
        self.key = privateKey
        expirySeconds = chain.map { Int($0.notValidAfter) }.min() ?? 0
        // The library compares the two when it puts them together.
        guard (try? NIOSSLContext(configuration: .server(self))) != nil else {
            throw key.error("is not the key of the certificate in \(certificate.path)")
        }
    }
}

extension NIOSSLCertificate {
    /// The certificates of a file, one at least, all valid now.
    /// - Throws: `CertificateError` with the first reason.
    package static func checked(
        _ text: [UInt8], at location: CertificateLocation, now: Timestamp
    ) throws(CertificateError) -> [NIOSSLCertificate] {
        guard let chain = try? fromPEMBytes(text), !chain.isEmpty else {
            throw location.error("holds no certificate in PEM form")
        }
        let seconds = Int(now.rawValue / 1000)
        for certificate in chain { try certificate.checkTime(location, at: seconds) }
        return chain
    }

    private func checkTime(
        _ location: CertificateLocation, at seconds: Int
    ) throws(CertificateError) {
        guard seconds < Int(notValidAfter) else {
            let expiry = UTCTime(seconds: Int(notValidAfter))
            throw location.error("a certificate expired on \(expiry)")
        }
        guard seconds >= Int(notValidBefore) else {
            let start = UTCTime(seconds: Int(notValidBefore))
            throw location.error("a certificate is not valid before \(start)")
        }
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
