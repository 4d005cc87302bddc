/// Numbers and times, as TOML writes them.
enum TOMLNumber {
    /// The value of a word that begins like a number; nil where it is none, or does not fit.
    static func value(of word: String) -> TOMLValue? {
        if let integer = integer(word) { return .integer(integer) }
        if let number = number(word) { return .number(number) }
        return isTime(word) ? .time : nil
    }

    private static func integer(_ word: String) -> Int64? {
        for (prefix, radix) in [("0x", 16), ("0o", 8), ("0b", 2)] where word.hasPrefix(prefix) {
            let digits = word.dropFirst(2)
            guard digits.first != "+", digits.first != "-" else { return nil }
            return plain(digits).flatMap { Int64($0, radix: radix) }
        }
        guard let digits = plain(word[...]), !hasLeadingZero(digits) else { return nil }
        return Int64(digits)
    }

    private static func number(_ word: String) -> Double? {
        switch word {
        case "inf", "+inf": return .infinity
        case "-inf": return -.infinity
        case "nan", "+nan", "-nan": return .nan
        default: break
        }
        guard let digits = plain(word[...]), isDecimal(digits) else { return nil }
        return Double(digits)
    }

    /// Without the underscores, each of which must stand between two digits.
    private static func plain(_ word: Substring) -> String? {
        var result = ""
        var previous: Character = "_"
        for character in word {
            if character == "_" {
                guard previous.isHexDigit else { return nil }
            } else {
                guard previous != "_" || character.isHexDigit || result.isEmpty else { return nil }
                result.append(character)
            }
            previous = character
        }
        return previous == "_" ? nil : result
    }

    private static func hasLeadingZero(_ digits: String) -> Bool {
        let unsigned = digits.drop { $0 == "+" || $0 == "-" }
        return unsigned.count > 1 && unsigned.first == "0"
    }

    /// Digits, then a fraction or an exponent or both, with digits on each side of each mark.
    private static func isDecimal(_ text: String) -> Bool {
        let unsigned = text.first == "+" || text.first == "-" ? text.dropFirst() : text[...]
        let parts = unsigned.split(maxSplits: 1, omittingEmptySubsequences: false) {
            $0 == "e" || $0 == "E"
        }
        let mantissa = parts[0].split(
            separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard mantissa.allSatisfy(isDigits), !hasLeadingZero(String(mantissa[0])) else {
            return false
        }
        guard parts.count == 2 else { return mantissa.count == 2 }
        let exponent = parts[1]
        return isDigits(
            exponent.first == "+" || exponent.first == "-" ? exponent.dropFirst() : exponent)
    }

    private static func isDigits(_ text: Substring) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }
    }

    /// True for `1979-05-27…` and `07:32:00…`; what follows is not judged, because no setting
    /// takes a time.
    private static func isTime(_ word: String) -> Bool {
        let date = word.split(separator: "-", omittingEmptySubsequences: false)
        if date.count >= 3 { return date[0].count == 4 && isDigits(date[0]) && isDigits(date[1]) }
        let clock = word.split(separator: ":", omittingEmptySubsequences: false)
        return clock.count == 3 && isDigits(clock[0]) && isDigits(clock[1])
    }
}
