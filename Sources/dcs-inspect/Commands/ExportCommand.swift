internal import ArgumentParser
internal import CacheBase
internal import CacheConsole
internal import CacheInspect

/// `dcs-inspect export`.
struct ExportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Print every live entry as JSON, one a line.")

    @Argument(help: "The data folder.")
    var dataDir: String

    @Option(help: "ndjson (one entry a line) or json (one document).")
    var format: OutputFormat = .ndjson

    @OptionGroup var time: TimeOptions

    func validate() throws {
        if format == .text { throw ValidationError("an export is ndjson or json") }
    }

    func run() throws {
        let folder = StoreOptions.folder(dataDir)
        let snapshot = try StoreSnapshot.take(of: folder, note: StoreOptions.note)
        var walk = EntryWalk(snapshot, at: snapshot.now(time.clock))
        var report = ReportWriter(.export, format)
        let progress = ProgressBar(total: snapshot.segmentBytes, clock: .system())
        try walk.run(advance: progress.advance) { entry, _ in report.row(Self.row(entry)) }
        progress.clear()
        report.finish()
        if !walk.damages.isEmpty { throw Failure.damaged(walk.damages) }
    }

    private static func row(_ entry: StoredEntry) -> [Value] {
        let key = ReadableBytes(entry.key)
        let value = ReadableBytes(entry.value)
        return [
            .text(key.text), key.encoding, .text(value.text), value.encoding,
            entry.contentTypeValue, .moment(entry.expiry.rawValue), .count(entry.lsn.rawValue),
        ]
    }
}
