internal import Synchronization

/// Counts the connections of all loops against their limit.
final class ConnectionGate: Sendable {
    enum Admission { case serve, refuse, cut }

    private let limit: Int
    private let open = Atomic(0)

    init(limit: Int) { self.limit = limit }

    var count: Int { open.load(ordering: .relaxed) }

    /// Takes a place, refused connections too: they live until they know it.
    func enter() -> Admission {
        let (_, count) = open.add(1, ordering: .relaxed)
        if count <= limit { return .serve }
        if count <= limit + HTTPLimits.refusalsMax { return .refuse }
        leave()
        return .cut
    }

    func leave() { open.subtract(1, ordering: .relaxed) }
}
