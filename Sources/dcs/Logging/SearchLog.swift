internal import CacheBase
internal import CacheNode
internal import Logging

/// Puts what search tells its operator into the log.
struct SearchLog: Sendable {
    private let log: Logger

    init(_ log: Logger) { self.log = log }

    func write(_ event: SearchEvent) {
        switch event {
        case .fileRejected(let error):
            log.warning("a search file is made again", error: error)
        case .fileNotWritten(let error):
            log.warning("a search file cannot be written", error: error)
        case .segmentFailed(let error):
            log.error("a segment cannot be indexed", error: error)
        case .tailSkipped:
            log.notice("writers are faster than the indexing of their values")
        case .complete(let segments, let rebuilt, let seconds):
            log.info(
                "search complete",
                metadata: [
                    "segments": "\(segments)", "rebuilt": "\(rebuilt)", "seconds": "\(seconds)",
                ])
        }
    }
}
