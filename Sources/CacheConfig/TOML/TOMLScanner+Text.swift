extension TOMLScanner {
    /// A text in double or single quotes, on one line.
    mutating func text() throws(TOMLError) -> String {
        let isLiteral = peek == UInt8(ascii: "'")
        let quote: Unicode.Scalar = isLiteral ? "'" : "\""
        advance()
        var bytes: [UInt8] = []
        while !take(quote) {
            guard let byte = peek, byte != UInt8(ascii: "\n"), byte != UInt8(ascii: "\r") else {
                throw error("a text is not closed on its line")
            }
            guard byte >= 0x20 && byte != 0x7F || byte == UInt8(ascii: "\t") else {
                throw error("a text holds a control character")
            }
            advance()
            if byte == UInt8(ascii: "\\"), !isLiteral {
                bytes.append(contentsOf: try escape())
            } else {
                bytes.append(byte)
            }
        }
        if bytes.isEmpty, peek == UInt8(ascii: quote) {
            throw error("texts over several lines are not supported")
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// What stands after a backslash.
    private mutating func escape() throws(TOMLError) -> [UInt8] {
        guard let mark = peek else { throw error("a text is not closed on its line") }
        advance()
        switch mark {
        case UInt8(ascii: "b"): return [0x08]
        case UInt8(ascii: "t"): return [0x09]
        case UInt8(ascii: "n"): return [0x0A]
        case UInt8(ascii: "f"): return [0x0C]
        case UInt8(ascii: "r"): return [0x0D]
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): return [mark]
        case UInt8(ascii: "u"): return try scalar(digits: 4)
        case UInt8(ascii: "U"): return try scalar(digits: 8)
        default: throw error("a text holds an unknown escape; write \\\\ for a backslash")
        }
    }

    private mutating func scalar(digits: Int) throws(TOMLError) -> [UInt8] {
        var number: UInt32 = 0
        for _ in 0..<digits {
            guard let byte = peek, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
                throw error("a text holds an unfinished \\u escape")
            }
            advance()
            number = number << 4 | UInt32(digit)
        }
        guard let scalar = Unicode.Scalar(number) else {
            throw error("a text holds a \\u escape of no character")
        }
        return Array(String(scalar).utf8)
    }
}
