internal import CacheBase

/// What one event loop has counted. The loop alone writes; a scrape reads.
final class LoopCounters: Sendable {
    /// Cells before those of the refusals.
    private enum Cell {
        static let received = 0
        static let sent = 1
        static let accepted = 2
        static let turnedAway = 3
        static let refusals = 4
    }

    /// One series for each `Operation`.
    let times = LatencyHistograms(series: Operation.allCases.count)
    private let cells = CounterCells(count: Cell.refusals + RefusalReason.allCases.count)

    @inline(__always)
    func received(bytes: Int) { cells.add(UInt64(bytes), at: Cell.received) }

    @inline(__always)
    func sent(bytes: Int) { cells.add(UInt64(bytes), at: Cell.sent) }

    /// A connection was taken; or turned away, because there are too many.
    func connected(isTurnedAway: Bool) {
        cells.add(at: isTurnedAway ? Cell.turnedAway : Cell.accepted)
    }

    func refused(_ problem: Problem) {
        guard let reason = RefusalReason(problem) else { return }
        cells.add(at: Cell.refusals + reason.rawValue)
    }

    var receivedBytes: UInt64 { cells[Cell.received] }
    var sentBytes: UInt64 { cells[Cell.sent] }
    var acceptedConnections: UInt64 { cells[Cell.accepted] }
    var turnedAwayConnections: UInt64 { cells[Cell.turnedAway] }

    func refusals(_ reason: RefusalReason) -> UInt64 { cells[Cell.refusals + reason.rawValue] }
}
