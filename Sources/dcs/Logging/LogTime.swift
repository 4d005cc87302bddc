internal import CacheBase

/// A time as RFC 3339 writes it, in UTC with milliseconds: `2026-01-02T03:04:05.678Z`.
struct LogTime {
    let text: String

    init(_ time: Timestamp) {
        let milliseconds = time.rawValue % 1000
        let seconds = time.rawValue / 1000
        let (year, month, day) = Self.civil(days: Int(seconds / 86_400))
        let clock = seconds % 86_400
        let date = "\(Self.padded(UInt64(year), 4))-\(Self.padded(month, 2))-\(Self.padded(day, 2))"
        let hours = "\(Self.padded(clock / 3600, 2)):\(Self.padded(clock / 60 % 60, 2))"
        text = "\(date)T\(hours):\(Self.padded(clock % 60, 2)).\(Self.padded(milliseconds, 3))Z"
    }

    /// The Gregorian date of a number of days since 1970.
    ///
    /// Counts in eras of 400 years and in years that begin on 1 March, so that the leap day is the
    /// last of its year.
    private static func civil(days: Int) -> (year: Int, month: UInt64, day: UInt64) {
        let shifted = days + 719_468  // days from 0000-03-01 to 1970-01-01
        let era = shifted / 146_097
        let dayOfEra = shifted % 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        let year = era * 400 + yearOfEra + (month <= 2 ? 1 : 0)
        return (year, UInt64(month), UInt64(day))
    }

    private static func padded(_ number: UInt64, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
