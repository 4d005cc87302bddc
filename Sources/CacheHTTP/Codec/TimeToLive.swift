/// How long an entry lives, as a request says it.
enum TimeToLive: Equatable, Sendable {
    case never
    /// 0 ends at once (`Cache-Control: max-age=0`).
    case milliseconds(UInt64)

    static let allowed: StaticString = """
        The ttl is a number of seconds from 0 (never expires) to 3153600000 (100 years).
        """

    /// Reads `ttl`: seconds as a JSON number, 0 for never. A fraction of a millisecond counts as a
    /// whole one, so that a short life never becomes an endless one.
    /// - Returns: nil where it is no number of the allowed range.
    init?(seconds text: UnsafeRawBufferPointer) {
        var number = DecimalNumber()
        guard !text.isEmpty, number.read(text) == text.count,
            let milliseconds = number.milliseconds
        else {
            return nil
        }
        self = milliseconds == 0 ? .never : .milliseconds(milliseconds)
    }

    init?(_ number: DecimalNumber) {
        guard let milliseconds = number.milliseconds else { return nil }
        self = milliseconds == 0 ? .never : .milliseconds(milliseconds)
    }

    /// Reads `max-age` out of a `Cache-Control` value; nil where there is none. A life beyond the
    /// limit is cut to it, as RFC 9111 does with numbers too large.
    init?(cacheControl value: UnsafeRawBufferPointer) {
        var found: UInt64?
        ASCII.forEachListElement(value) { directive in
            guard directive.count > 8,
                ASCII.equalsIgnoringCase(.init(rebasing: directive[..<8]), "max-age=")
            else { return true }
            found = Self.wholeSeconds(UnsafeRawBufferPointer(rebasing: directive[8...]))
            return found == nil
        }
        guard let found else { return nil }
        self = .milliseconds(min(found * 1000, HTTPLimits.ttlMillisecondsMax))
    }

    private static func wholeSeconds(_ text: UnsafeRawBufferPointer) -> UInt64? {
        var digits = text
        if digits.count > 2, digits.first == 0x22, digits.last == 0x22 {
            digits = UnsafeRawBufferPointer(rebasing: text[1..<(text.count - 1)])
        }
        guard !digits.isEmpty else { return nil }
        var seconds: UInt64 = 0
        for byte in digits {
            guard ASCII.isDigit(byte) else { return nil }
            seconds = min(seconds * 10 + UInt64(byte - 0x30), UInt64(UInt32.max))
        }
        return seconds
    }
}

/// A number in JSON's notation (RFC 8259, section 6), kept exactly enough for a time to live.
struct DecimalNumber: Sendable {
    private(set) var isNegative = false
    /// The leading 18 digits that count.
    private var digits: UInt64 = 0
    /// Digits that did not fit, and were not all 0.
    private var isInexact = false
    private var exponent = 0

    /// Reads the longest number at the start of `text`.
    /// - Returns: its length; 0 where none stands there.
    mutating func read(_ text: UnsafeRawBufferPointer) -> Int {
        var index = 0
        if index < text.count, text[index] == UInt8(ascii: "-") {
            isNegative = true
            index += 1
        }
        let start = index
        guard take(text, &index, isFraction: false) > 0 else { return 0 }
        if text[start] == UInt8(ascii: "0"), index > start + 1 { return 0 }
        if index < text.count, text[index] == UInt8(ascii: ".") {
            index += 1
            guard take(text, &index, isFraction: true) > 0 else { return 0 }
        }
        if index < text.count, text[index] | 0x20 == UInt8(ascii: "e") {
            index += 1
            guard takeExponent(text, &index) else { return 0 }
        }
        return index
    }

    /// The number as milliseconds, where it is seconds: rounded up; nil where it is negative or
    /// beyond the limit.
    var milliseconds: UInt64? {
        if digits == 0, !isInexact { return 0 }
        guard !isNegative else { return nil }
        var result = digits
        var rest = isInexact
        var power = exponent + 3
        while power > 0, result <= HTTPLimits.ttlMillisecondsMax {
            result *= 10
            power -= 1
        }
        guard power <= 0 else { return nil }
        while power < 0, result > 0 {
            rest = rest || result % 10 != 0
            result /= 10
            power += 1
        }
        result += rest ? 1 : 0
        return result <= HTTPLimits.ttlMillisecondsMax ? result : nil
    }

    private mutating func take(
        _ text: UnsafeRawBufferPointer, _ index: inout Int, isFraction: Bool
    ) -> Int {
        let start = index
        while index < text.count, ASCII.isDigit(text[index]) {
            let digit = UInt64(text[index] - 0x30)
            if digits < 100_000_000_000_000_000 {
                digits = digits * 10 + digit
                exponent -= isFraction ? 1 : 0
            } else {
                isInexact = isInexact || digit != 0
                exponent += isFraction ? 0 : 1
            }
            index += 1
        }
        return index - start
    }

    private mutating func takeExponent(_ text: UnsafeRawBufferPointer, _ index: inout Int) -> Bool {
        var isDown = false
        if index < text.count {
            isDown = text[index] == UInt8(ascii: "-")
            index += isDown || text[index] == UInt8(ascii: "+") ? 1 : 0
        }
        let start = index
        var power = 0
        while index < text.count, ASCII.isDigit(text[index]) {
            power = min(power * 10 + Int(text[index] - 0x30), 1 << 30)
            index += 1
        }
        exponent += isDown ? -power : power
        return index > start
    }
}
