/// Where a file of certificates or a key is, and which setting says so.
package struct CertificateLocation: Sendable {
    /// Such as `tls_cert_path`.
    package let setting: String
    package let path: String
    /// Its file must not be open to others.
    package let isKey: Bool

    package init(setting: String, path: String, isKey: Bool = false) {
        self.setting = setting
        self.path = path
        self.isKey = isKey
    }

    /// - Parameter reason: goes on after the path.
    package func error(_ reason: String) -> CertificateError {
        CertificateError(setting: setting, reason: "\(path) \(reason)")
    }
}

/// Why certificates and their key cannot be used; names the setting, never the content.
package struct CertificateError: Error, Equatable, CustomStringConvertible {
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
