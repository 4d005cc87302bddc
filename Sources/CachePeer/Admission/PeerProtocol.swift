/// What runs on a connection between nodes, agreed on in its handshake (ALPN). The names never
/// change; another way to speak gets another name.
package enum PeerProtocol: String, Sendable, CaseIterable {
    /// Frames, see `PeerLink`.
    case frames = "dcs-peer/1"
    /// Requests that one node forwards to another.
    case requests = "dcs-http/1"
}
