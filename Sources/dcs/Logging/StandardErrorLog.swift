internal import CacheBase
internal import CacheConsole
internal import Logging

/// Writes log lines to standard error, each with one call so that lines of several threads stay
/// whole. A value: copies have fields of their own, and may be held to a higher level than that of
/// the process.
struct StandardErrorLog: LogHandler {
    private let threshold: LogThreshold
    private var ownLevel = Logger.Level.trace
    var metadata: Logger.Metadata = [:]
    var metadataProvider: Logger.MetadataProvider?
    private let clock: Clock

    init(threshold: LogThreshold, clock: Clock) {
        self.threshold = threshold
        self.clock = clock
    }

    var logLevel: Logger.Level {
        get { max(ownLevel, threshold.level) }
        set { ownLevel = newValue }
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var fields = metadata
        if let provided = metadataProvider?.get() { fields.merge(provided) { $1 } }
        if let given = event.metadata { fields.merge(given) { $1 } }
        if let error = event.error { fields["error"] = "\(error)" }
        StandardError.write(
            LogLine(event.level, event.message.description, fields, at: clock.now()).text)
    }
}
