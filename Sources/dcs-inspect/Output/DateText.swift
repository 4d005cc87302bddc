/// Dates as people read them: `2027-01-15T08:00:00.000Z`.
enum DateText {
    private static let dayMilliseconds: UInt64 = 86_400_000

    /// Milliseconds since 1970, in UTC. Years above 9999 are cut to it.
    static func of(_ milliseconds: UInt64) -> String {
        let days = min(milliseconds / dayMilliseconds, 2_932_896)
        let rest = milliseconds % dayMilliseconds
        let (year, month, day) = civil(Int(days))
        let time = [rest / 3_600_000, rest / 60_000 % 60, rest / 1000 % 60]
        let clock = time.map { padded(Int($0), 2) }.joined(separator: ":")
        return "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))T\(clock)."
            + padded(Int(rest % 1000), 3) + "Z"
    }

    /// The date of a day since 1970-01-01 in the Gregorian calendar.
    ///
    /// Years are counted from March, so that the leap day is the last of its year; 400 years are
    /// 146,097 days.
    private static func civil(_ days: Int) -> (year: Int, month: Int, day: Int) {
        let shifted = days + 719_468
        let era = shifted / 146_097
        let dayOfEra = shifted % 146_097
        let yearOfEra =
            (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
    }

    private static func padded(_ number: Int, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
