/// Dates as people and programs write them in JSON: `2024-02-29`, `2024-02-29T12:30:05.25Z`, also
/// with an offset such as `+02:00`. Without one, the time is taken as UTC.
struct TimeText {
    /// Milliseconds since 1970.
    var start: Double
    /// Of the last moment that the text may mean: a date alone means its whole day.
    var end: Double

    /// Nil where the text is not a date.
    init?(_ text: UnsafeRawBufferPointer) {
        guard text.count >= 10, text.count <= 40 else { return nil }
        var scanner = Scanner(text)
        guard let year = scanner.digits(4), scanner.take("-"),
            let month = scanner.digits(2), scanner.take("-"), let day = scanner.digits(2),
            (1...12).contains(month), (1...31).contains(day)
        else { return nil }
        let midnight = Double(Self.days(year, month, day)) * 86_400_000
        if scanner.isAtEnd {
            (start, end) = (midnight, midnight + 86_399_999)
            return
        }
        guard scanner.take("T") || scanner.take("t") || scanner.take(" "),
            let hour = scanner.digits(2), scanner.take(":"), let minute = scanner.digits(2),
            hour < 24, minute < 60
        else { return nil }
        var seconds = 0.0
        var span = 59_999.0
        if scanner.take(":") {
            guard let whole = scanner.digits(2), whole <= 60 else { return nil }
            let fraction = scanner.fraction()
            seconds = Double(whole) + (fraction ?? 0)
            span = fraction == nil ? 999 : 0
        }
        guard let offset = scanner.offset(), scanner.isAtEnd else { return nil }
        let minutes = Double(hour * 60 + minute - offset)
        start = midnight + minutes * 60_000 + (seconds * 1000).rounded(.down)
        end = start + span
    }

    /// Days from 1970 to a date of the Gregorian calendar, by counting from the first of March.
    private static func days(_ year: Int, _ month: Int, _ day: Int) -> Int {
        let shifted = month <= 2 ? year - 1 : year
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        let leaps = shifted / 4 - shifted / 100 + shifted / 400
        return shifted * 365 + leaps + dayOfYear - 719_468
    }

    private struct Scanner {
        let text: UnsafeRawBufferPointer
        var index = 0

        init(_ text: UnsafeRawBufferPointer) { self.text = text }

        var isAtEnd: Bool { index == text.count }

        mutating func take(_ character: Unicode.Scalar) -> Bool {
            guard index < text.count, UInt32(text[index]) == character.value else { return false }
            index += 1
            return true
        }

        mutating func digits(_ count: Int) -> Int? {
            guard index + count <= text.count else { return nil }
            var value = 0
            for byte in text[index..<(index + count)] {
                guard (48...57).contains(byte) else { return nil }
                value = value * 10 + Int(byte) - 48
            }
            index += count
            return value
        }

        mutating func fraction() -> Double? {
            guard take(".") else { return nil }
            var (value, unit) = (0.0, 0.1)
            while index < text.count, (48...57).contains(text[index]) {
                value += Double(text[index] - 48) * unit
                unit /= 10
                index += 1
            }
            return value
        }

        /// Minutes east of UTC; nil where something else follows.
        mutating func offset() -> Int? {
            if isAtEnd || take("Z") || take("z") { return 0 }
            let sign = take("+") ? 1 : take("-") ? -1 : 0
            guard sign != 0, let hours = digits(2) else { return nil }
            _ = take(":")
            guard let minutes = digits(2), hours < 24, minutes < 60 else { return nil }
            return sign * (hours * 60 + minutes)
        }
    }
}
