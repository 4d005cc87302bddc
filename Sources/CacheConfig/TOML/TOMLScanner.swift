/// Reads TOML statement by statement. Never looks behind; stops at the first error.
struct TOMLScanner {
    indirect enum Value: Equatable {
        case plain(TOMLValue)
        /// `{ … }`
        case table([Pair])
    }

    struct Pair: Equatable {
        let path: [String]
        let line: Int
        let value: Value
    }

    enum Statement: Equatable {
        case header([String], line: Int)
        case pair([String], line: Int, Value)
    }

    /// How deep arrays and inline tables may be nested; deeper is an error.
    static let depthMax = 16
    /// How many parts a dotted key may have; more is an error.
    static let pathPartsMax = 16

    private let bytes: [UInt8]
    private var index = 0
    private(set) var line = 1

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// The next header or pair; nil at the end of the file.
    mutating func nextStatement() throws(TOMLError) -> Statement? {
        try skipBlankLines()
        guard let first = peek else { return nil }
        let start = line
        if first == UInt8(ascii: "[") {
            let path = try header()
            try endLine()
            return .header(path, line: start)
        }
        let pair = try pair(depth: 0)
        try endLine()
        return .pair(pair.path, line: start, pair.value)
    }

    /// A key, `=` and a value.
    mutating func pair(depth: Int) throws(TOMLError) -> Pair {
        let start = line
        let path = try path()
        guard take("=") else {
            throw error("after \(path.joined(separator: ".")) an = is missing")
        }
        skipBlanks()
        return Pair(path: path, line: start, value: try value(depth: depth))
    }

    private mutating func header() throws(TOMLError) -> [String] {
        advance()
        guard !take("[") else { throw error("arrays of tables, [[…]], are not supported") }
        skipBlanks()
        let path = try path()
        guard take("]") else { throw error("a section is [NAME]") }
        return path
    }

    private mutating func path() throws(TOMLError) -> [String] {
        var parts: [String] = []
        repeat {
            skipBlanks()
            parts.append(try keyPart())
            skipBlanks()
            guard parts.count <= Self.pathPartsMax else {
                throw error("the key has too many parts")
            }
        } while take(".")
        return parts
    }

    private mutating func keyPart() throws(TOMLError) -> String {
        if let quote = peek, quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") {
            return try text()
        }
        let start = index
        while let byte = peek, Self.isBareKey(byte) { advance() }
        guard index > start else { throw error("a key or a section begins here and has no name") }
        return String(decoding: bytes[start..<index], as: UTF8.self)
    }

    private static func isBareKey(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }
}

/// The cursor.
extension TOMLScanner {
    var peek: UInt8? { index < bytes.count ? bytes[index] : nil }

    func error(_ reason: String) -> TOMLError { TOMLError(line: line, reason: reason) }

    mutating func advance() {
        if bytes[index] == UInt8(ascii: "\n") { line += 1 }
        index += 1
    }

    /// Takes the character where it is next.
    mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard peek == UInt8(ascii: character) else { return false }
        advance()
        return true
    }

    mutating func skipBlanks() {
        while let byte = peek, byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") { advance() }
    }

    /// Skips blanks, comments and line ends.
    mutating func skipBlankLines() throws(TOMLError) {
        while true {
            skipBlanks()
            try skipComment()
            guard try takeLineEnd() else { return }
        }
    }

    /// The bytes up to a blank, a line end or a mark that ends a value.
    mutating func word() -> String {
        let start = index
        let marks = Set(" \t\r\n,]}#=\"'".utf8)
        while let byte = peek, !marks.contains(byte) { advance() }
        return String(decoding: bytes[start..<index], as: UTF8.self)
    }

    private mutating func endLine() throws(TOMLError) {
        skipBlanks()
        try skipComment()
        guard try takeLineEnd() || peek == nil else {
            throw error("the line goes on where it should end")
        }
    }

    private mutating func skipComment() throws(TOMLError) {
        guard peek == UInt8(ascii: "#") else { return }
        while let byte = peek, byte != UInt8(ascii: "\n"), byte != UInt8(ascii: "\r") {
            guard byte >= 0x20 && byte != 0x7F || byte == UInt8(ascii: "\t") else {
                throw error("a comment holds a control character")
            }
            advance()
        }
    }

    private mutating func takeLineEnd() throws(TOMLError) -> Bool {
        if take("\r") {
            guard peek == UInt8(ascii: "\n") else {
                throw error("a carriage return without a line feed")
            }
        }
        return take("\n")
    }
}
