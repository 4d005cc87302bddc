package import CacheBase
internal import CacheEngine
internal import CacheFiles
internal import CacheFormat
internal import Synchronization

/// What a verification read and found.
package struct VerifyReport: Sendable {
    /// In order of file and offset.
    package internal(set) var damages: [Damage] = []
    /// Damages beyond `InspectLimits.damagesMax`.
    package internal(set) var unlistedDamages = 0
    /// Of search files, which the server makes again: nothing is lost with them.
    package internal(set) var searchDamages: [Damage] = []
    /// Search files that are whole.
    package internal(set) var searchFiles = 0
    package internal(set) var segments = 0
    package internal(set) var blocks: UInt64 = 0
    package internal(set) var entries: UInt64 = 0
    package internal(set) var liveEntries: UInt64 = 0
    package internal(set) var records: UInt64 = 0
    /// Bytes of segments, hints, search files and log files read.
    package internal(set) var bytes: UInt64 = 0
    /// How the log ends; nil where it could not be read.
    package internal(set) var logEnd: LogTail.End?
}

/// Verifies every checksum and every cross-reference of a data folder.
///
/// Segments are shared out among threads, each of which reads its own past the page cache. Memory:
/// eight bytes a live entry, the log after the checkpoint, and what a segment's hints take.
package struct Verifier {
    private let folder: StoreFolder
    private let threads: Int
    private let advance: @Sendable (Int) -> Void
    private let note: (String) -> Void

    /// - Parameters:
    ///   - threads: at most `InspectLimits.threadsMax` are used.
    ///   - advance: hears of bytes read, on any thread.
    ///   - note: hears of repeated attempts beside a running server.
    package init(
        _ folder: StoreFolder, threads: Int, advance: @escaping @Sendable (Int) -> Void = { _ in },
        note: @escaping (String) -> Void = { _ in }
    ) {
        self.folder = folder
        self.threads = max(1, min(threads, InspectLimits.threadsMax))
        self.advance = advance
        self.note = note
    }

    /// - Throws: `notFound` where there is no such folder, `newerFormat`, `io`, `overloaded`.
    package func run() throws(StorageError) -> VerifyReport {
        do throws(StorageError) {
            return try verify(
                StoreSnapshot.take(of: folder, isDirect: true, note: note))
        } catch {
            guard error.isDamage, folder.files.exists(folder.layout.directory) else { throw error }
            return try verifyWithoutSnapshot()
        }
    }

    private func verify(_ snapshot: StoreSnapshot) throws(StorageError) -> VerifyReport {
        let jobs = snapshot.segments.map { segment in
            SegmentCheck(
                segment, in: folder, store: snapshot.store, checkpoint: snapshot.checkpoint,
                liveness: snapshot.liveness(of: segment.id))
        }
        var found = DamageList()
        let segmentDamages = Set(snapshot.segments.flatMap(\.damages))
        // The checks of the segments tell these again.
        snapshot.damages.filter { !segmentDamages.contains($0) }.forEach { found.add($0) }
        let name = folder.name(folder.layout.checkpoint)
        CheckpointCheck(checkpoint: snapshot.checkpoint, name: name).damages()
            .forEach { found.add($0) }
        var report = try report(jobs, snapshot.log, snapshot.checkpoint, &found)
        found = try withoutWhatIsGone(found, snapshot)
        report.damages = found.listed.sorted()
        report.unlistedDamages = found.unlisted
        return report
    }

    /// A running server deletes segments that its newest checkpoint does not list any more, hints
    /// first or last: what is missing of them is not damage.
    private func withoutWhatIsGone(
        _ found: DamageList, _ snapshot: StoreSnapshot
    ) throws(StorageError) -> DamageList {
        guard !found.isEmpty else { return found }
        let now = try folder.checkpoint(of: snapshot.store.id)
        guard now.number != snapshot.checkpoint.number else { return found }
        let listed = Set(
            now.segments.flatMap { segment in
                [folder.layout.segment(segment.id), folder.layout.hint(segment.id)]
            }.map(folder.name))
        var left = DamageList()
        for damage in found.listed
        where listed.contains(damage.file) || !damage.file.hasPrefix("segments/") {
            left.add(damage)
        }
        return left
    }

    /// Where the store file or the checkpoint is damaged: everything is verified by itself.
    private func verifyWithoutSnapshot() throws(StorageError) -> VerifyReport {
        var found = DamageList()
        let store = try whole(folder.layout.store, &found) { () throws(StorageError) in
            try folder.store()
        }
        let checkpoint = try whole(folder.layout.checkpoint, &found) { () throws(StorageError) in
            try folder.checkpoint(of: store?.id)
        }
        if let store, try folder.clock(of: store.id) == .damaged {
            found.add(Damage(folder.name(folder.layout.clock), "damaged"))
        }
        var jobs: [SegmentCheck] = []
        for id in try folder.segmentIDs() {
            let segment = try SegmentFile(id, in: folder, store: store?.id, isDirect: true)
            jobs.append(
                SegmentCheck(
                    segment, in: folder, store: store, checkpoint: checkpoint,
                    liveness: checkpoint?.segments.first { $0.id == id }))
        }
        let log = try LogReader(folder: folder, store: store?.id, checkpoint: checkpoint).read()
        log.damages.forEach { found.add($0) }
        var report = try report(jobs, log, checkpoint, &found)
        report.damages = found.listed.sorted()
        report.unlistedDamages = found.unlisted
        return report
    }

    private func whole<Value>(
        _ path: String, _ found: inout DamageList, _ body: () throws(StorageError) -> Value
    ) throws(StorageError) -> Value? {
        do throws(StorageError) {
            return try body()
        } catch {
            guard error.isDamage else { throw error }
            found.add(
                Damage(
                    folder.name(path), at: error.offset,
                    error.kind == .notFound ? "missing" : error.message))
            return nil
        }
    }

    private func report(
        _ jobs: [SegmentCheck], _ log: LogTail, _ checkpoint: Checkpoint?,
        _ found: inout DamageList
    ) throws(StorageError) -> VerifyReport {
        var report = VerifyReport()
        let crew = VerifyCrew(jobs, advance: advance)
        let done = try crew.run(threads: threads)
        for check in done {
            found.add(check.damages)
            report.blocks += check.blocks
            report.entries += check.entries
            report.liveEntries += UInt64(check.live.count)
            switch check.searchFile {
            case .absent: break
            case .whole: report.searchFiles += 1
            case .damaged(let damage): report.searchDamages.append(damage)
            }
        }
        report.searchDamages.sort()
        let repeated = crew.repeatedHashes(done.map(\.live), threads: threads)
        if !repeated.isEmpty { done.forEach { found.add($0.twins(of: repeated)) } }
        var logCheck = LogCheck()
        logCheck.run(log, checkpoint: checkpoint)
        found.add(logCheck.damages)
        report.segments = done.count
        report.records = UInt64(log.count)
        report.bytes = crew.bytes + log.fileBytes
        report.logEnd = log.end
        return report
    }
}
