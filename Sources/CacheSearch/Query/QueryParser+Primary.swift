/// Words, phrases, ranges and brackets.
extension QueryParser {
    /// Characters that end a word where no backslash stands before them.
    private static let marks = Set("()[]{}\"^~:".utf8)

    mutating func primary() throws(QueryError) -> QueryNode? {
        let start = index
        switch bytes[index] {
        case UInt8(ascii: "("): return try brackets()
        case UInt8(ascii: "\""): return try phrase()
        case UInt8(ascii: "["), UInt8(ascii: "{"): return try range()
        default: break
        }
        let (word, isPrefix) = try word()
        guard !word.isEmpty || isPrefix else {
            throw QueryError(.syntax, "a word was expected here", at: start)
        }
        if !isPrefix, index + 1 < bytes.count, bytes[index] == UInt8(ascii: ":"),
            !Self.isSpace(bytes[index + 1])
        {
            index += 1
            return try inField(word)
        }
        if index < bytes.count, bytes[index] == UInt8(ascii: ":") {
            throw QueryError(.syntax, "what the field should have is missing", at: index)
        }
        if isPrefix { return try prefix(word, start) }
        return take("~") ? try fuzzy(word) : try leaf(word, slop: 0)
    }

    private mutating func count(_ number: Int = 1) throws(QueryError) {
        terms += number
        guard terms <= SearchLimits.queryTermsMax else {
            throw QueryError(
                .tooLarge, "a query has at most \(SearchLimits.queryTermsMax) words")
        }
    }

    private mutating func nested<Result>(
        _ body: (inout QueryParser) throws(QueryError) -> Result
    ) throws(QueryError) -> Result {
        guard depth < SearchLimits.queryDepthMax else {
            throw QueryError(
                .tooLarge, "brackets are nested at most \(SearchLimits.queryDepthMax) deep",
                at: index)
        }
        depth += 1
        defer { depth -= 1 }
        return try body(&self)
    }

    private mutating func brackets() throws(QueryError) -> QueryNode? {
        let start = index
        index += 1
        let node = try nested { parser throws(QueryError) in try parser.sequence() }
        guard take(")") else { throw QueryError(.syntax, "the bracket is not closed", at: start) }
        return node
    }

    private mutating func inField(_ name: [UInt8]) throws(QueryError) -> QueryNode? {
        let outer = path
        path = name
        defer { path = outer }
        return try nested { parser throws(QueryError) in try parser.primary() }
    }

    /// Bytes up to the next mark or space, without backslashes; an asterisk may end them.
    private mutating func word() throws(QueryError) -> (bytes: [UInt8], isPrefix: Bool) {
        var word: [UInt8] = []
        while index < bytes.count {
            let byte = bytes[index]
            if byte == UInt8(ascii: "\\") {
                guard index + 1 < bytes.count else {
                    throw QueryError(.syntax, "nothing follows the backslash", at: index)
                }
                word.append(bytes[index + 1])
                index += 2
            } else if byte == UInt8(ascii: "*") {
                index += 1
                guard index == bytes.count || isEnd(bytes[index]) else {
                    throw QueryError(
                        .syntax, "an asterisk stands at the end of a word only", at: index - 1)
                }
                return (word, true)
            } else if isEnd(byte) {
                break
            } else {
                word.append(byte)
                index += 1
            }
        }
        return (word, false)
    }

    private func isEnd(_ byte: UInt8) -> Bool { Self.isSpace(byte) || Self.marks.contains(byte) }

    // MARK: Leaves

    private func tokens(_ text: [UInt8], stems: Bool = true) -> [Analyzer.Token] {
        text.withUnsafeBytes { analyzer.tokens($0, stems: stems) }
    }

    private func key(_ term: some Collection<UInt8>) -> [UInt8] {
        TermKey.make(path: path, term: term)
    }

    /// A term, or a phrase where the text is several words.
    private mutating func leaf(_ text: [UInt8], slop: UInt32) throws(QueryError) -> QueryNode? {
        let tokens = tokens(text)
        try count(tokens.count)
        guard let first = tokens.first else { return nil }
        if tokens.count == 1 { return .term(key(first.term)) }
        return .phrase(
            QueryNode.Phrase(
                terms: tokens.map { key($0.term) },
                offsets: tokens.map { $0.position - first.position }, slop: slop))
    }

    private mutating func prefix(_ word: [UInt8], _ start: Int) throws(QueryError) -> QueryNode? {
        try count()
        if word.isEmpty { return path.isEmpty ? .all : .prefix(.init(beginning: key([]))) }
        let tokens = tokens(word, stems: false)
        guard tokens.count == 1 else {
            throw QueryError(.syntax, "an asterisk follows one word", at: start)
        }
        let beginning = tokens[0].term
        let stem = self.tokens(word).first?.term ?? beginning
        return .prefix(
            .init(
                beginning: key(beginning),
                stem: stem.starts(with: beginning) ? nil : key(stem)))
    }

    private mutating func fuzzy(_ word: [UInt8]) throws(QueryError) -> QueryNode? {
        let start = index
        let digits = number()
        let distance = digits.isEmpty ? 1 : Int(String(decoding: digits, as: UTF8.self))
        guard let distance, (0...SearchLimits.fuzzyDistanceMax).contains(distance) else {
            throw QueryError(
                .syntax, "a word is at most \(SearchLimits.fuzzyDistanceMax) changes away",
                at: start)
        }
        let tokens = tokens(word)
        guard tokens.count == 1, distance > 0 else { return try leaf(word, slop: 0) }
        try count()
        return .fuzzy(path: path, word: tokens[0].term, distance: distance)
    }

    private mutating func phrase() throws(QueryError) -> QueryNode? {
        let text = try quoted()
        guard take("~") else { return try leaf(text, slop: 0) }
        let start = index
        guard let slop = UInt32(String(decoding: number(), as: UTF8.self)), slop <= 1 << 20 else {
            throw QueryError(.syntax, "a number of words follows ~", at: start)
        }
        return try leaf(text, slop: slop)
    }

    /// The text between quotation marks.
    private mutating func quoted() throws(QueryError) -> [UInt8] {
        let start = index
        var text: [UInt8] = []
        index += 1
        while index < bytes.count {
            let byte = bytes[index]
            index += 1
            if byte == UInt8(ascii: "\"") { return text }
            if byte == UInt8(ascii: "\\"), index < bytes.count {
                text.append(bytes[index])
                index += 1
            } else {
                text.append(byte)
            }
        }
        throw QueryError(.syntax, "the quotation mark is not closed", at: start)
    }

    // MARK: Ranges

    private mutating func range() throws(QueryError) -> QueryNode? {
        let start = index
        let includesLow = bytes[index] == UInt8(ascii: "[")
        index += 1
        let low = try bound(start)
        skipSpace()
        guard take("TO") else {
            throw QueryError(.syntax, "a range is [low TO high]", at: index)
        }
        let high = try bound(start)
        skipSpace()
        let includesHigh = take("]")
        guard includesHigh || take("}") else {
            throw QueryError(.syntax, "the range is not closed", at: start)
        }
        try count()
        let bounds = RangeText(low, high, includesLow, includesHigh)
        return .range(QueryNode.ValueRange(path: path, bounds: bounds.bounds(folding: self)))
    }

    /// A word or a quoted text; nil for an asterisk.
    private mutating func bound(_ start: Int) throws(QueryError) -> [UInt8]? {
        skipSpace()
        guard index < bytes.count else {
            throw QueryError(.syntax, "the range is not closed", at: start)
        }
        if bytes[index] == UInt8(ascii: "\"") { return try quoted() }
        let from = index
        while index < bytes.count, !Self.isSpace(bytes[index]), bytes[index] != UInt8(ascii: "]"),
            bytes[index] != UInt8(ascii: "}")
        { index += 1 }
        guard index > from else { throw QueryError(.syntax, "a range is [low TO high]", at: from) }
        let word = Array(bytes[from..<index])
        return word == [UInt8(ascii: "*")] ? nil : word
    }

    /// What a bound is compared as, where it is a word.
    func folded(_ bound: [UInt8]) -> [UInt8] { tokens(bound, stems: false).first?.term ?? bound }
}
