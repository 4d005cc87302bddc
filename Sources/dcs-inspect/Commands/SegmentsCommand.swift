internal import ArgumentParser
internal import CacheBase
internal import CacheEngine
internal import CacheFormat
internal import CacheInspect

/// `dcs-inspect segments`.
struct SegmentsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "segments", abstract: "List the segments that the checkpoint names.")

    @OptionGroup var options: StoreOptions

    func run() throws {
        let snapshot = try options.snapshot()
        var report = ReportWriter(.segments, options.format)
        for segment in snapshot.segments { report.row(row(segment, snapshot)) }
        report.finish([.number(snapshot.segments.count)])
        if !snapshot.damages.isEmpty { throw Failure.damaged(snapshot.damages) }
    }

    private func row(_ segment: SegmentFile, _ snapshot: StoreSnapshot) -> [Value] {
        let footer = segment.footer
        return [
            .count(segment.id.rawValue), .number(segment.head?.generation ?? 0),
            segment.head.map { .time($0.created.rawValue) } ?? .none,
            .maybe(footer.map { UInt64($0.blocks) }), .maybe(footer.map { UInt64($0.entries) }),
            .number(snapshot.liveness(of: segment.id)?.liveEntries ?? 0),
            .count(segment.bytes), .maybe(footer?.rawBytes), .maybe(footer?.firstLSN.rawValue),
            .maybe(footer?.lastLSN.rawValue),
            .moment(footer?.latestExpiry.rawValue ?? 0),
        ]
    }
}
