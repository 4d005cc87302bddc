/// Why a node was not reached.
package enum PeerDialError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Nobody is at the address, as the system says.
    case unreachable(String)
    /// Who is there is not who was dialed, or does not prove it.
    case refused(PeerRefusal)
    /// Who is there has ended the connection before taking it: it may not know this node.
    case turnedAway(String)

    package var description: String {
        switch self {
        case .unreachable(let reason): "unreachable: \(reason)"
        case .refused(let refusal): "refused: \(refusal.rawValue)"
        case .turnedAway(let reason): "turned away: \(reason)"
        }
    }
}
