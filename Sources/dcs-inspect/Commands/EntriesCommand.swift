internal import ArgumentParser
internal import CacheBase
internal import CacheConsole
internal import CacheInspect

/// `dcs-inspect entries`.
struct EntriesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "entries", abstract: "List the live entries, without their values.")

    @OptionGroup var options: StoreOptions
    @OptionGroup var time: TimeOptions

    @Option(help: "Only keys that begin so.")
    var prefix = ""

    func run() throws {
        let snapshot = try options.snapshot()
        var walk = EntryWalk(snapshot, at: snapshot.now(time.clock))
        var report = ReportWriter(.entries, options.format)
        let progress = ProgressBar(total: snapshot.segmentBytes, clock: .system())
        var count: UInt64 = 0
        try walk.run(advance: progress.advance) { entry, place in
            guard entry.key.starts(with: prefix.utf8) else { return }
            report.row(Self.row(entry, place))
            count += 1
        }
        progress.clear()
        report.finish([.count(count)])
        if !walk.damages.isEmpty { throw Failure.damaged(walk.damages) }
    }

    private static func row(_ entry: StoredEntry, _ place: EntryPlace) -> [Value] {
        let key = ReadableBytes(entry.key)
        let segment: Value =
            switch place {
            case .segment(let id, _, _): .count(id.rawValue)
            case .log: .none
            }
        return [
            .count(entry.lsn.rawValue), .number(entry.value.count),
            .moment(entry.expiry.rawValue), segment, entry.contentTypeValue, key.encoding,
            .text(key.text),
        ]
    }
}

extension StoredEntry {
    /// As reports show it.
    var contentTypeValue: Value {
        contentType.isEmpty ? .none : .text(String(decoding: contentType, as: UTF8.self))
    }
}
