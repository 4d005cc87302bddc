internal import ArgumentParser
internal import CacheBase
internal import CacheConsole
internal import CacheFormat
internal import CacheInspect

/// `dcs-inspect wal`.
struct LogCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "wal", abstract: "List the records of the log after the checkpoint.")

    @OptionGroup var options: StoreOptions

    func run() throws {
        let snapshot = try options.snapshot()
        var report = ReportWriter(.wal, options.format)
        for index in 0..<snapshot.log.count { report.row(row(snapshot.log.frame(index))) }
        let (start, end) = (snapshot.log.start, snapshot.log.end)
        report.finish([
            .number(snapshot.log.count), .count(start.file), .count(start.offset),
            .count(end.position.lsn.rawValue), end.file.map(Value.text) ?? .none,
            .count(end.position.offset), .flag(end.isOrderly),
            .flag(end.isAtFileEnd), .number(end.tornBytes),
        ])
        if !snapshot.damages.isEmpty { throw Failure.damaged(snapshot.damages) }
    }

    private func row(_ view: LogFrameView) -> [Value] {
        let frame = view.frame
        return [
            .count(frame.lsn.rawValue), .text(view.file), .count(view.offset),
            .text("\(frame.kind)"), .number(frame.payloadBytes),
            .number(frame.partition.rawValue), .count(frame.sequence),
            .number(frame.epoch.rawValue), .count(frame.durableLSN.rawValue),
            .list(view.writeRows),
        ]
    }
}

extension LogFrameView {
    /// The writes of a record, as reports show them.
    var writeRows: [[Value]] {
        var rows: [[Value]] = []
        _ = forEachEntry { entry, _ in
            let key = ReadableBytes(entry.key)
            rows.append([
                .text("\(entry.kind)"), .text(key.text), key.encoding,
                .number(entry.valueBytes), .moment(entry.expiry.rawValue),
            ])
        }
        return rows
    }
}
