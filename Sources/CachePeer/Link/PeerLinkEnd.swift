/// Why a link has ended.
package enum PeerLinkEnd: Sendable, Equatable, CustomStringConvertible {
    /// This side ended it, for the reason given.
    case closed(String)
    /// The other side ended it, or the connection was lost.
    case lost(String)
    /// Nothing was heard of the other side for too long.
    case silent
    /// The other side sent what is no frame.
    case malformed(PeerFrameError)
    /// More was sent than the link holds: the sender did not pause.
    case overrun

    package var description: String {
        switch self {
        case .closed(let reason): "closed: \(reason)"
        case .lost(let reason): "lost: \(reason)"
        case .silent: "the other side is silent"
        case .malformed(let error): "malformed frame: \(error)"
        case .overrun: "the other side does not keep up"
        }
    }
}
