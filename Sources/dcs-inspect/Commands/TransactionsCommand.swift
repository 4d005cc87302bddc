internal import ArgumentParser
internal import CacheBase
internal import CacheFormat
internal import CacheInspect

/// `dcs-inspect transactions`.
struct TransactionsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "transactions",
        abstract: "List the commits and batches of the log, and count what is remembered.")

    @OptionGroup var options: StoreOptions

    func run() throws {
        let snapshot = try options.snapshot()
        var report = ReportWriter(.transactions, options.format)
        var records: UInt64 = 0
        for index in 0..<snapshot.log.count {
            let view = snapshot.log.frame(index)
            guard view.transaction != nil || view.frame.entries > 1 else { continue }
            records += 1
            report.row(row(view))
        }
        let checkpoint = snapshot.checkpoint
        report.finish([
            .count(records), .number(checkpoint.incarnation),
            .number(checkpoint.count(.committed)), .number(checkpoint.count(.rolledBack)),
            .number(checkpoint.count(.timedOut)),
        ])
        if !snapshot.damages.isEmpty { throw Failure.damaged(snapshot.damages) }
    }

    private func row(_ view: LogFrameView) -> [Value] {
        let head = view.transaction
        return [
            .count(view.frame.lsn.rawValue), .text(view.file), .count(view.offset),
            .text("\(view.frame.kind)"), head.map { .text($0.number.digits) } ?? .none,
            head.map { .time($0.time.rawValue) } ?? .none, .list(view.writeRows),
        ]
    }
}

extension TransactionNumber {
    fileprivate var digits: String {
        let digits = String(rawValue, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}

extension Checkpoint {
    /// Transactions that are remembered to have ended so.
    fileprivate func count(_ outcome: TransactionHistory.Outcome) -> Int {
        histories.flatMap(\.groups).reduce(0) { sum, group in
            sum + (0..<TransactionHistory.Group.size).count { group[$0] == outcome }
        }
    }
}
