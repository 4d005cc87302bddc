/// Counts what a link holds for its socket, and says when its sender is to pause and to go on.
struct OutboundAccount: Sendable {
    private let high: Int
    private let low: Int
    private let limit: Int
    private(set) var pendingBytes = 0
    /// The sender was told to pause.
    private(set) var isBlocked = false

    init(_ settings: PeerSettings) {
        high = settings.outboundBytesHigh
        low = settings.outboundBytesLow
        limit = settings.outboundBytesMax
        precondition(0 <= low && low <= high && high <= limit)
    }

    /// More is held than may be at all.
    var isOverrun: Bool { pendingBytes > limit }

    /// - Returns: false where the sender is to pause.
    mutating func add(_ bytes: Int) -> Bool {
        pendingBytes += bytes
        if pendingBytes > high { isBlocked = true }
        return !isBlocked
    }

    /// - Returns: true where the sender may go on.
    mutating func remove(_ bytes: Int) -> Bool {
        pendingBytes -= bytes
        guard isBlocked, pendingBytes <= low else { return false }
        isBlocked = false
        return true
    }
}
