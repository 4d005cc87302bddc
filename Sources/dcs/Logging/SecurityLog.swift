internal import CacheSecurity
internal import Logging

/// Puts what authentication tells its operator into the log.
struct SecurityLog: Sendable {
    private let log: Logger

    init(_ log: Logger) { self.log = log }

    func write(_ event: SecurityEvent) {
        switch event {
        case .keysChanged(let count, let dropped):
            log.info(
                "the keys of tokens are fetched",
                metadata: ["keys": "\(count)", "dropped": "\(dropped)"])
        case .keysNotFetched(let reason):
            log.warning("the keys of tokens cannot be fetched", metadata: ["reason": "\(reason)"])
        }
    }
}
