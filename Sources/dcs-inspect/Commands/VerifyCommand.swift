internal import ArgumentParser
internal import CacheBase
internal import CacheConsole
internal import CacheInspect
internal import Glibc

/// `dcs-inspect verify`.
struct VerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Check every checksum and every cross-reference.",
        discussion: """
            Prints FILE:OFFSET: what, for each damage. Exit code 1 where there is one. A damaged \
            search file is named and does not count: the server makes it again.
            """)

    @OptionGroup var options: StoreOptions

    @Option(help: "Threads; by default twice as many as processors, since some wait for the disk.")
    var threads: Int?

    func validate() throws {
        if let threads, threads < 1 { throw ValidationError("--threads is at least 1") }
    }

    func run() throws {
        let clock = Clock.system()
        let progress = ProgressBar(total: expectedBytes(), clock: clock)
        let processors = Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))
        let start = clock.monotonicNanoseconds()
        let found = try Verifier(
            options.folder, threads: threads ?? 2 * processors, advance: progress.advance,
            note: StoreOptions.note
        ).run()
        progress.clear()
        let seconds = Double(clock.monotonicNanoseconds() - start) / 1e9
        StandardError.write(
            "dcs-inspect: read \(found.bytes) bytes in \(DecimalText.of(seconds)) s, "
                + "\(UInt64(Double(found.bytes) / max(seconds, 1e-9) / 1e6)) MB/s\n")
        print(found)
        if !found.damages.isEmpty { throw Failure.found }
    }

    /// For the progress bar alone; 0 where the folder cannot be opened, which the run will say.
    private func expectedBytes() -> UInt64 {
        guard StandardError.isTerminal else { return 0 }
        return (try? StoreSnapshot.take(of: options.folder) { _ in })?.segmentBytes ?? 0
    }

    private func print(_ found: VerifyReport) {
        var report = ReportWriter(.verify, options.format)
        for (damages, isHarmless) in [(found.damages, false), (found.searchDamages, true)] {
            for damage in damages {
                report.row(
                    [
                        .text(damage.file), .maybe(damage.offset), .text(damage.what),
                        .flag(isHarmless),
                    ], asLine: PrintableText.of(damage.line))
            }
        }
        report.finish([
            .number(found.damages.count + found.unlistedDamages), .number(found.segments),
            .count(found.blocks), .count(found.entries), .count(found.liveEntries),
            .count(found.records), .count(found.bytes), .number(found.logEnd?.tornBytes ?? 0),
            .flag(found.logEnd?.isOrderly ?? false), .flag(found.logEnd?.isAtFileEnd ?? false),
            .number(found.searchFiles), .number(found.searchDamages.count),
        ])
    }
}
