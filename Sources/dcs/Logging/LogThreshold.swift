internal import Logging
internal import Synchronization

/// The least important level that is logged, for all loggers of the process; may change any time.
final class LogThreshold: Sendable {
    private let rank: Atomic<Int>

    init(_ level: Logger.Level) { rank = Atomic(Self.rank(of: level)) }

    var level: Logger.Level {
        get { Logger.Level.allCases[rank.load(ordering: .relaxed)] }
        set { rank.store(Self.rank(of: newValue), ordering: .relaxed) }
    }

    private static func rank(of level: Logger.Level) -> Int {
        guard let rank = Logger.Level.allCases.firstIndex(of: level) else {
            preconditionFailure("every level is a case")
        }
        return rank
    }
}
