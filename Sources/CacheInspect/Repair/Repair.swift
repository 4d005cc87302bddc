package import CacheBase
internal import CacheEngine
internal import CacheFiles
internal import CacheFormat

/// Salvages what is whole of a data folder into a new one.
///
/// The new folder has of each key the newest whole version that was found and was not known to be
/// dead. Where checkpoint and log are whole, these say what is dead. The old folder is only read;
/// its server must be stopped.
package struct Repair {
    private let folder: StoreFolder
    private let target: String
    private let clock: Clock
    private let advance: (Int) -> Void

    /// - Parameters:
    ///   - target: a folder that is empty or not there.
    ///   - advance: hears of bytes read; every segment is read twice.
    package init(
        of folder: StoreFolder, to target: String, clock: Clock,
        advance: @escaping (Int) -> Void = { _ in }
    ) {
        self.folder = folder
        self.target = StoreFolder(target, files: folder.files).layout.directory
        self.clock = clock
        self.advance = advance
    }

    /// - Throws: `notFound` and `foreign` where there is no store to repair, `invalid` (the target
    ///   is not empty, or is the folder itself), `newerFormat`, `overloaded` (a server is running),
    ///   `noSpace`, `io`.
    package func run() throws(StorageError) -> RepairReport {
        try checkTarget()
        let source = try RepairSource(folder, clock: clock)
        var choice = RepairChoice(source)
        try choice.run(advance)
        let report = try write(source, choice)
        try source.checkUnchanged()
        return report
    }

    private func checkTarget() throws(StorageError) {
        let files = folder.files
        guard files.exists(folder.layout.directory) else {
            throw StorageError(
                .notFound, "there is no such folder", file: folder.layout.directory)
        }
        guard !(target + "/").hasPrefix(folder.layout.directory + "/") else {
            throw StorageError(.invalid, "a repair is never made in place", file: target)
        }
        if files.exists(target), try !files.list(target).isEmpty {
            throw StorageError(.invalid, "the folder to repair to is not empty", file: target)
        }
    }

    private func write(
        _ source: RepairSource, _ choice: RepairChoice
    ) throws(StorageError) -> RepairReport {
        var builder = try StoreBuilder(
            directory: target, store: source.store, files: folder.files, now: source.now)
        var report = RepairReport()
        report.losses = source.losses + choice.losses
        let winners = choice.winners
        var next = 0
        try choice.forEach(advance) { entry, isPut, place throws(StorageError) in
            guard next < winners.count, winners[next] == place else {
                report.deadEntries += 1
                return
            }
            next += 1
            guard isPut else { return }
            if entry.expiry.hasPassed(at: source.now) {
                report.expiredEntries += 1
                return
            }
            try builder.add(
                key: entry.key, contentType: entry.contentType, value: entry.value,
                lsn: entry.lsn, expiry: entry.expiry)
            report.savedEntries += 1
            report.savedBytes += UInt64(entry.key.count + entry.value.count)
        }
        report.deadEntries += choice.deadEntries
        precondition(next == winners.count, "a second pass finds what the first one found")
        let continuation = choice.continuation(isWhole: report.losses.isEmpty)
        report.nextLSN = continuation.nextLSN
        try builder.finish(continuation)
        return report
    }
}
