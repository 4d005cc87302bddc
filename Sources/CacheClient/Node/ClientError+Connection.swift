internal import AsyncHTTPClient
internal import CacheConsole
internal import Glibc
internal import NIOCore
internal import NIOPosix
internal import NIOSSL

extension ClientError {
    /// What went wrong between this program and the node, or its own files.
    static func connection(_ error: any Error) -> ClientError {
        switch error {
        case let error as ClientError: error
        case let error as StreamError: ClientError(.unusable, error.message)
        case is NIOTooManyBytesError:
            ClientError(.unusable, "the answer is longer than this program takes")
        default: ClientError(.unreachable, reason(error))
        }
    }

    private static func reason(_ error: any Error) -> String {
        switch error {
        case let error as NIOConnectionError:
            if let first = error.connectionErrors.first { return reason(first.error) }
            if error.dnsAError != nil || error.dnsAAAAError != nil {
                return "the host \(error.host) is not known"
            }
            return "no connection"
        case let error as IOError: return words(error.errnoCode)
        case let error as HTTPClientError: return reason(error)
        case let error as NIOSSLError: return encryptionReason(error)
        case let error as NIOSSLExtraError where error == .failedToValidateHostname:
            return "its certificate is for another host"
        default: return "\(error)"
        }
    }

    private static func reason(_ error: HTTPClientError) -> String {
        switch error {
        case .connectTimeout: "no connection in time"
        case .readTimeout: "no answer in time"
        case .remoteConnectionClosed: "the connection ended"
        case .tlsHandshakeTimeout: "it does not speak TLS, or not in time"
        default: error.description
        }
    }

    private static func encryptionReason(_ error: NIOSSLError) -> String {
        guard case .handshakeFailed(let cause) = error else { return "TLS failed: \(error)" }
        let text = "\(cause)"
        if text.contains("CERTIFICATE_VERIFY_FAILED") {
            return "its certificate is not trusted; name the CA that signed it with --ca"
        }
        if text.contains("WRONG_VERSION_NUMBER") {
            return "it does not speak TLS; its address may be http://"
        }
        return "TLS failed: \(text)"
    }

    private static func words(_ code: Int32) -> String {
        String(cString: strerror(code)).lowercased()
    }
}
