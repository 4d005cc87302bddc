internal import NIOCore
internal import NIOSSL

/// Why a connection between nodes came to nothing, before anything of its content was looked at.
package enum PeerRefusal: String, Error, Sendable, CaseIterable {
    /// As many connections, of this node or at all, or handshakes are open as may be.
    case busy
    /// The handshake took too long.
    case deadline
    /// The other side ended the connection in its handshake.
    case ended
    /// No TLS 1.3, or no TLS at all.
    case handshake
    /// A client without a certificate.
    case noCertificate = "no_certificate"
    /// A certificate of another authority, outside of its time, or not made for this use.
    case certificate
    /// A certificate that does not name one node.
    case name
    /// A certificate of the authority for a node that is no member, or not the one dialed, or for
    /// the very node that listens.
    case stranger
    /// No protocol that both sides speak.
    case noProtocol = "no_protocol"

    /// The reason for which a handshake failed with `error`.
    init(handshakeError error: any Error) {
        guard case .handshakeFailed(let cause)? = error as? NIOSSLError,
            case .sslError(let stack) = cause
        else {
            self = error is IOError ? .ended : .handshake
            return
        }
        if stack.contains(.eofDuringHandshake) {
            self = .ended
            return
        }
        // The library tells its reasons apart in its texts alone.
        let text = stack.map(\.description).joined()
        if text.contains("PEER_DID_NOT_RETURN_A_CERTIFICATE") {
            self = .noCertificate
        } else if text.contains("CERTIFICATE_VERIFY_FAILED") {
            self = .certificate
        } else {
            self = .handshake
        }
    }
}
