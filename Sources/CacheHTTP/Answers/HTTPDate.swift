internal import CacheBase

/// A point in time as HTTP writes it (RFC 9110, section 5.6.7), always 29 bytes.
enum HTTPDate {
    static let count = 29

    /// - Precondition: before the year 10,000.
    static func write(_ time: Timestamp, to cursor: inout ByteCursor) {
        let seconds = Int(time.rawValue / 1000)
        let days = seconds / 86_400
        let (year, month, day) = civil(days)
        // 1 January 1970 was a Thursday; three letters and no separator each.
        writeName("SunMonTueWedThuFriSat", (days + 4) % 7, to: &cursor)
        cursor.write(", ")
        cursor.writeTwoDigits(day)
        cursor.write(" ")
        writeName("JanFebMarAprMayJunJulAugSepOctNovDec", month - 1, to: &cursor)
        cursor.write(" ")
        cursor.writeTwoDigits(year / 100)
        cursor.writeTwoDigits(year % 100)
        cursor.write(" ")
        cursor.writeTwoDigits(seconds / 3600 % 24)
        cursor.write(":")
        cursor.writeTwoDigits(seconds / 60 % 60)
        cursor.write(":")
        cursor.writeTwoDigits(seconds % 60)
        cursor.write(" GMT")
    }

    private static func writeName(
        _ names: StaticString, _ index: Int, to cursor: inout ByteCursor
    ) {
        cursor.write(UnsafeRawBufferPointer(start: names.utf8Start + index * 3, count: 3))
    }

    /// The Gregorian date `days` after 1 January 1970. Counts in 400-year cycles of 146,097 days
    /// that begin on 1 March, so that the leap day comes last.
    static func civil(_ days: Int) -> (year: Int, month: Int, day: Int) {
        let shifted = days + 719_468
        let cycle = shifted / 146_097
        let dayOfCycle = shifted % 146_097
        let yearOfCycle =
            (dayOfCycle - dayOfCycle / 1460 + dayOfCycle / 36_524 - dayOfCycle / 146_096) / 365
        let dayOfYear =
            dayOfCycle - (365 * yearOfCycle + yearOfCycle / 4 - yearOfCycle / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        return (yearOfCycle + cycle * 400 + (month <= 2 ? 1 : 0), month, day)
    }
}
