internal import ArgumentParser
internal import CacheBase
internal import CacheConsole
internal import CacheInspect

/// `dcs-inspect repair`.
struct RepairCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "repair",
        abstract: "Salvage what is whole into a new folder, and tell what was lost.",
        discussion: """
            The data folder is only read; stop its server first. Exit code 1 where anything was
            lost; the new folder is whole in either case.
            """)

    @OptionGroup var options: StoreOptions
    @OptionGroup var time: TimeOptions

    @Option(help: "The new folder: empty, or not there.")
    var to: String

    func run() throws {
        let progress = ProgressBar(total: expectedBytes(), clock: .system())
        let found = try Repair(
            of: options.folder, to: to, clock: time.clock, advance: progress.advance
        ).run()
        progress.clear()
        var report = ReportWriter(.repair, options.format)
        for loss in found.losses { report.row(loss.values, asLine: loss.line) }
        report.finish([
            .number(found.losses.count), .number(found.savedEntries), .count(found.savedBytes),
            .number(found.deadEntries), .number(found.expiredEntries),
            .count(found.nextLSN.rawValue),
        ])
        if !found.losses.isEmpty { throw Failure.found }
    }

    private func expectedBytes() -> UInt64 {
        guard StandardError.isTerminal else { return 0 }
        return ((try? StoreSnapshot.take(of: options.folder) { _ in })?.segmentBytes ?? 0) * 2
    }
}

extension Loss {
    fileprivate var values: [Value] {
        [
            .text(file), .maybe(range?.lowerBound), .maybe(range?.upperBound),
            .maybe(entries.map { UInt64($0) }), .flag(mayRevive), .text(what),
        ]
    }

    fileprivate var line: String {
        let place = range.map { ":\($0.lowerBound)-\($0.upperBound)" } ?? ""
        let count =
            switch entries {
            case nil: mayRevive ? "" : ", entries lost: not known"
            case 0?: ""
            case let count?: ", entries lost: \(count)"
            }
        return PrintableText.of(file + place + ": " + what + count)
    }
}
