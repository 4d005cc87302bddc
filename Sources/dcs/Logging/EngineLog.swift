internal import CacheBase
internal import CacheEngine
internal import Logging

/// Puts what the engine tells its operator into the log.
struct EngineLog: Sendable {
    private let log: Logger

    init(_ log: Logger) { self.log = log }

    func write(_ event: EngineEvent) {
        switch event {
        case .recovering: break
        case .recovered(let report):
            log.info("store open", metadata: Self.fields(report))
        case .backgroundFailure(let task, let error):
            log.error("background work failed", error: error, metadata: ["task": "\(task)"])
        case .hintRebuilt(let file):
            log.warning("a hint file was rebuilt", metadata: ["file": "\(file)"])
        case .logHeadRebuilt(let file):
            log.error("the head of a log file was rebuilt", metadata: ["file": "\(file)"])
        case .segmentDamaged(let file, let entriesLost):
            log.error(
                "a segment is damaged",
                metadata: ["file": "\(file)", "entries_lost": "\(entriesLost)"])
        }
    }

    private static func fields(_ report: RecoveryReport) -> Logger.Metadata {
        [
            "entries": "\(report.entries)", "segments": "\(report.segments)",
            "replayed_records": "\(report.replayedRecords)", "torn_bytes": "\(report.tornBytes)",
            "hints_rebuilt": "\(report.hintsRebuilt)", "last_lsn": "\(report.lastLSN.rawValue)",
            "milliseconds": "\(report.milliseconds)",
        ]
    }
}
