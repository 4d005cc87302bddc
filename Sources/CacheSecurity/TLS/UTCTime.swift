internal import Glibc

/// A time for messages: `2026-01-02 03:04:05 UTC`.
struct UTCTime: CustomStringConvertible {
    let description: String

    init(seconds: Int) {
        var time = time_t(seconds)
        var parts = tm()
        guard gmtime_r(&time, &parts) != nil else {
            description = "\(seconds) s after 1970"
            return
        }
        func padded(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
        description =
            "\(Int(parts.tm_year) + 1900)-\(padded(parts.tm_mon + 1))-\(padded(parts.tm_mday)) "
            + "\(padded(parts.tm_hour)):\(padded(parts.tm_min)):\(padded(parts.tm_sec)) UTC"
    }
}
