internal import CacheBase
internal import CacheFormat
internal import Synchronization

/// How transactions ended, for those who ask afterwards; across restarts by way of the log and the
/// checkpoint.
///
/// Invariant: whatever a commit record before the checkpoint's place in the log says is in what the
/// checkpoint holds of the ledger, until it is older than the retention.
final class TransactionLedger: Sendable {
    /// What is recorded of a number.
    enum Entry: Equatable {
        /// Nothing: open, or lost with its process.
        case none
        /// So long ago that it is forgotten, or never given out.
        case forgotten
        /// In a record that may be as new as this one.
        case committed(LSN)
        case rolledBack
        case timedOut
    }

    private let outcomes: Mutex<TransactionOutcomes>

    init(_ checkpoint: Checkpoint) { outcomes = Mutex(TransactionOutcomes(checkpoint)) }

    /// Begins the incarnation of the present process: from now on checkpoints carry it. Asked again,
    /// it is the same.
    func claimNext(at time: Timestamp) -> UInt32 {
        outcomes.withLock { outcomes in
            if !outcomes.isLive {
                outcomes.isLive = true
                outcomes.begin(outcomes.incarnation + 1, at: time)
            }
            return outcomes.incarnation
        }
    }

    /// Records how a transaction ended; what is recorded already stays.
    /// - Parameter lsn: of a commit's record.
    func note(
        _ number: TransactionNumber, _ outcome: TransactionHistory.Outcome, lsn: LSN = .zero,
        at time: Timestamp
    ) {
        outcomes.withLock { $0.note(number, outcome, lsn: lsn, at: time) }
    }

    func entry(_ number: TransactionNumber) -> Entry { outcomes.withLock { $0.entry(number) } }

    /// Forgets what is older than the retention.
    func trim(at now: Timestamp) { outcomes.withLock { $0.trim(at: now) } }

    /// For a checkpoint.
    func snapshot() -> (incarnation: UInt32, histories: [TransactionHistory]) {
        outcomes.withLock { ($0.incarnation, $0.stored) }
    }
}

// MARK: - Recovery

extension TransactionLedger {
    /// Takes in a record of the log.
    func replay(_ head: TransactionHead, _ frame: LogFrame) {
        outcomes.withLock { outcomes in
            if frame.kind == .incarnation {
                outcomes.begin(head.number.incarnation, at: head.time)
            } else {
                outcomes.note(head.number, .committed, lsn: frame.lsn, at: head.time)
            }
        }
    }

    /// Everything that was open when the process died has ended by now.
    func endRecovery(at now: Timestamp) { outcomes.withLock { $0.endAll(at: now) } }
}
