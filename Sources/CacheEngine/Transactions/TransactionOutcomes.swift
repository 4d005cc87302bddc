internal import CacheBase
internal import CacheFormat

/// The outcomes of transactions by number, two bits each, as long as they are remembered.
///
/// At full speed a retention is tens of millions of transactions: so they are kept in groups of
/// consecutive numbers, each with the time of its last end, and forgotten by the group.
///
/// Invariants:
/// - `histories` are in rising order of their incarnation; the last is the present process's where
///   `isLive`, and is kept.
/// - A group of the present process is forgotten only when all of its numbers have ended, or where
///   `Limits.outcomeGroupsMax` demands it.
struct TransactionOutcomes: Sendable {
    struct Group: Sendable {
        var outcomes: TransactionHistory.Group
        var ended: Int
        /// Of the commits in the group.
        var newestCommit = LSN.zero

        init(_ outcomes: TransactionHistory.Group) {
            self.outcomes = outcomes
            ended = outcomes.ended
        }

        var isComplete: Bool { ended == TransactionHistory.Group.size }
    }

    struct History: Sendable {
        let incarnation: UInt32
        var firstGroup: UInt64 = 0
        var lastEnd: Timestamp
        var groups: [Group] = []
    }

    /// The newest that was claimed, 0 where none was.
    private(set) var incarnation: UInt32
    /// The newest incarnation is the present process's.
    var isLive = false
    private var histories: [History]

    init(_ checkpoint: Checkpoint) {
        incarnation = checkpoint.incarnation
        histories = checkpoint.histories.map { history in
            History(
                incarnation: history.incarnation, firstGroup: history.firstGroup,
                lastEnd: history.lastEnd, groups: history.groups.map { Group($0) })
        }
    }

    /// As a checkpoint keeps them.
    var stored: [TransactionHistory] {
        histories.map { history in
            TransactionHistory(
                incarnation: history.incarnation, firstGroup: history.firstGroup,
                lastEnd: history.lastEnd, groups: history.groups.map(\.outcomes))
        }
    }

    func entry(_ number: TransactionNumber) -> TransactionLedger.Entry {
        guard let history = histories.last(where: { $0.incarnation == number.incarnation }) else {
            return .forgotten
        }
        let (group, place) = Self.place(number)
        guard group >= history.firstGroup else { return .forgotten }
        guard group - history.firstGroup < history.groups.count else { return .none }
        let found = history.groups[Int(group - history.firstGroup)]
        switch found.outcomes[place] {
        case .none: return .none
        case .committed: return .committed(found.newestCommit)
        case .rolledBack: return .rolledBack
        case .timedOut: return .timedOut
        }
    }

    private static func place(_ number: TransactionNumber) -> (group: UInt64, place: Int) {
        let size = UInt64(TransactionHistory.Group.size)
        return (number.sequence / size, Int(number.sequence % size))
    }

    /// Adds an incarnation that is newer than all before.
    mutating func begin(_ incarnation: UInt32, at time: Timestamp) {
        guard incarnation > self.incarnation else { return }
        self.incarnation = incarnation
        histories.append(History(incarnation: incarnation, lastEnd: time))
        if histories.count > Limits.incarnationsMax { histories.removeFirst() }
    }

    /// Records an outcome; what is recorded already, or forgotten, stays so.
    mutating func note(
        _ number: TransactionNumber, _ outcome: TransactionHistory.Outcome, lsn: LSN,
        at time: Timestamp
    ) {
        guard let index = histories.lastIndex(where: { $0.incarnation == number.incarnation })
        else { return }
        let (group, place) = Self.place(number)
        guard group >= histories[index].firstGroup else { return }
        if histories[index].reach(group, at: time) { limit() }
        guard group >= histories[index].firstGroup else { return }
        let position = Int(group - histories[index].firstGroup)
        histories[index].groups[position].note(place, outcome, lsn: lsn, at: time)
        histories[index].lastEnd = max(histories[index].lastEnd, time)
    }

    /// Keeps the groups of all histories under their limit.
    private mutating func limit() {
        while histories.reduce(0, { $0 + $1.groups.count }) > Limits.outcomeGroupsMax,
            let index = histories.firstIndex(where: { !$0.groups.isEmpty })
        {
            histories[index].forgetFirst(1)
        }
    }

    /// Forgets what ended longer ago than the retention.
    mutating func trim(at now: Timestamp) {
        let kept = Limits.outcomeRetentionMilliseconds
        let oldest = Timestamp(rawValue: now.rawValue > kept ? now.rawValue - kept : 0)
        let live = isLive ? incarnation : nil
        histories.removeAll { $0.lastEnd < oldest && $0.incarnation != live }
        for index in histories.indices {
            let isLive = histories[index].incarnation == live
            let aged = histories[index].groups.prefix {
                $0.outcomes.lastEnd < oldest && ($0.isComplete || !isLive)
            }
            histories[index].forgetFirst(aged.count)
        }
    }

    /// What was open in the newest incarnation ended now, with its process.
    mutating func endAll(at now: Timestamp) {
        if let last = histories.indices.last { histories[last].endAll(at: now) }
        trim(at: now)
    }
}

extension TransactionOutcomes.History {
    /// Makes sure that a group is there.
    /// - Returns: true where groups were added.
    fileprivate mutating func reach(_ group: UInt64, at time: Timestamp) -> Bool {
        let end = firstGroup + UInt64(groups.count)
        guard group >= end else { return false }
        if group - end >= UInt64(Limits.outcomeGroupsMax) {
            // More numbers than are remembered lie between: as if theirs had come and gone.
            firstGroup = group
            groups = []
        }
        while firstGroup + UInt64(groups.count) <= group {
            groups.append(TransactionOutcomes.Group(TransactionHistory.Group(lastEnd: time)))
        }
        return true
    }

    fileprivate mutating func forgetFirst(_ count: Int) {
        guard count > 0 else { return }
        groups.removeFirst(count)
        firstGroup += UInt64(count)
    }

    fileprivate mutating func endAll(at now: Timestamp) {
        lastEnd = max(lastEnd, now)
        for index in groups.indices where !groups[index].isComplete {
            groups[index].outcomes.lastEnd = now
        }
    }
}

extension TransactionOutcomes.Group {
    fileprivate mutating func note(
        _ place: Int, _ outcome: TransactionHistory.Outcome, lsn: LSN, at time: Timestamp
    ) {
        guard outcomes[place] == .none else { return }
        outcomes[place] = outcome
        ended += 1
        newestCommit = max(newestCommit, lsn)
        outcomes.lastEnd = max(outcomes.lastEnd, time)
    }
}
