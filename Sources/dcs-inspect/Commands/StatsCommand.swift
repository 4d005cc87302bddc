internal import ArgumentParser
internal import CacheBase
internal import CacheFormat
internal import CacheInspect

/// `dcs-inspect stats`.
struct StatsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stats", abstract: "Print sizes, ratios, ages and remaining times.")

    @OptionGroup var options: StoreOptions
    @OptionGroup var time: TimeOptions

    func run() throws {
        let snapshot = try options.snapshot()
        let figures = try StoreFigures(snapshot, at: snapshot.now(time.clock))
        var report = ReportWriter(.stats, options.format)
        report.finish(values(figures, snapshot))
        if !figures.damages.isEmpty { throw Failure.damaged(figures.damages) }
    }

    private func values(_ figures: StoreFigures, _ snapshot: StoreSnapshot) -> [Value] {
        [
            .text(snapshot.store.id.digits), .count(snapshot.checkpoint.number),
            .time(figures.now.rawValue), .count(snapshot.checkpoint.durableLSN.rawValue),
            .count(snapshot.log.end.position.lsn.rawValue),
            .count(figures.liveEntries), .count(figures.logEntries),
            .count(figures.segmentEntries), .count(figures.deadEntries),
            .count(figures.expiredEntries), .real(figures.deadShare),
            .number(snapshot.segments.count), .count(figures.segmentBytes),
            .count(figures.rawBytes), .real(figures.compressionRatio),
            .count(figures.hintBytes), .count(figures.checkpointBytes),
            .count(figures.logFileBytes), .count(figures.logBytes), .count(figures.logRecords),
            figures.oldestSegment.map { .time($0.rawValue) } ?? .none,
            figures.newestSegment.map { .time($0.rawValue) } ?? .none,
            .list(remaining(figures.remaining)),
        ]
    }

    private func remaining(_ remaining: StoreFigures.Remaining) -> [[Value]] {
        let bounds = StoreFigures.Remaining.boundsSeconds
        var rows = zip(bounds, remaining.counts).map { bound, count -> [Value] in
            [bound == bounds.last ? .none : .count(bound), .flag(true), .count(count)]
        }
        rows.append([.none, .flag(false), .count(remaining.never)])
        return rows
    }
}
