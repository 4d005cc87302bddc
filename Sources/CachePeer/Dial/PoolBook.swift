internal import NIOCore

/// Who uses which of a node's pooled connections, and who waits for one.
///
/// A value without I/O: its owner dials, hands over and closes as it is told.
///
/// Invariants: `openCount` counts attempts, and connections idle and in use, and is at most
/// `connectionsMax`; who waits does so for one that is open, and none is idle meanwhile.
struct PoolBook<Connection, Waiter> {
    /// What becomes of one who wants a connection.
    enum Answer {
        case use(Connection)
        /// An attempt is due; the waiter is served by what comes of it, or of another's return.
        case dial
        case wait
        /// As many wait as may.
        case refuse
    }

    private struct Idle {
        let id: ObjectIdentifier
        let connection: Connection
        let sinceMilliseconds: Int64
    }

    private let connectionsMax: Int
    private let waitersMax: Int
    private var dialing = 0
    private var used: Set<ObjectIdentifier> = []
    /// The one that was used last is the last.
    private var idle: [Idle] = []
    private var waiters = CircularBuffer<Waiter>()

    init(connectionsMax: Int, waitersMax: Int) {
        self.connectionsMax = connectionsMax
        self.waitersMax = waitersMax
    }

    var openCount: Int { dialing + used.count + idle.count }
    var waiterCount: Int { waiters.count }

    mutating func take(_ waiter: Waiter) -> Answer {
        if let last = idle.popLast() {
            used.insert(last.id)
            return .use(last.connection)
        }
        guard waiters.count < waitersMax else { return .refuse }
        waiters.append(waiter)
        guard openCount < connectionsMax, dialing < waiters.count else { return .wait }
        dialing += 1
        return .dial
    }

    /// An attempt has brought a connection: for the first who waits, or to be kept.
    mutating func dialed(
        _ id: ObjectIdentifier, _ connection: Connection, atMilliseconds now: Int64
    ) -> Waiter? {
        dialing -= 1
        return offer(id, connection, now)
    }

    /// An attempt has failed.
    /// - Returns: who is to be told: the first who waits, or all where nothing else is open that
    ///   they could wait for.
    mutating func dialFailed() -> [Waiter] {
        dialing -= 1
        if openCount == 0 { return dismissWaiters() }
        return waiters.popFirst().map { [$0] } ?? []
    }

    /// A connection is free again: for the first who waits, or to be kept.
    mutating func giveBack(
        _ id: ObjectIdentifier, _ connection: Connection, atMilliseconds now: Int64
    ) -> Waiter? {
        guard used.remove(id) != nil else { return nil }
        return offer(id, connection, now)
    }

    /// A connection is gone.
    /// - Returns: true where an attempt is due, for one who waits.
    mutating func closed(_ id: ObjectIdentifier) -> Bool {
        if used.remove(id) == nil { idle.removeAll { $0.id == id } }
        guard waiters.count > dialing, openCount < connectionsMax else { return false }
        dialing += 1
        return true
    }

    /// Those that nobody has used since, oldest first; they are not given to anybody any more.
    mutating func expire(untilMilliseconds time: Int64) -> [Connection] {
        let count = idle.prefix { $0.sinceMilliseconds <= time }.count
        defer { idle.removeFirst(count) }
        return idle[..<count].map(\.connection)
    }

    /// Everybody who waits; nobody does any more.
    mutating func dismissWaiters() -> [Waiter] {
        defer { waiters.removeAll() }
        return Array(waiters)
    }

    private mutating func offer(
        _ id: ObjectIdentifier, _ connection: Connection, _ now: Int64
    ) -> Waiter? {
        guard let waiter = waiters.popFirst() else {
            idle.append(Idle(id: id, connection: connection, sinceMilliseconds: now))
            return nil
        }
        used.insert(id)
        return waiter
    }
}
