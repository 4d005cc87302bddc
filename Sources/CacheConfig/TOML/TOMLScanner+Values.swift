extension TOMLScanner {
    mutating func value(depth: Int) throws(TOMLError) -> Value {
        guard depth < Self.depthMax else { throw error("values are nested too deeply") }
        switch peek {
        case UInt8(ascii: "\""), UInt8(ascii: "'"): return .plain(.text(try text()))
        case UInt8(ascii: "["): return .plain(.array(try array(depth: depth)))
        case UInt8(ascii: "{"): return .table(try table(depth: depth))
        default: return .plain(try scalar())
        }
    }

    /// `[ … ]`, over as many lines as it likes.
    private mutating func array(depth: Int) throws(TOMLError) -> [TOMLValue] {
        advance()
        var elements: [TOMLValue] = []
        while true {
            try skipBlankLines()
            if take("]") { return elements }
            switch try value(depth: depth + 1) {
            case .plain(let element): elements.append(element)
            case .table: elements.append(.table)
            }
            try skipBlankLines()
            if take("]") { return elements }
            guard take(",") else { throw error("in an array a , or ] is missing") }
        }
    }

    /// `{ … }`, on one line.
    private mutating func table(depth: Int) throws(TOMLError) -> [Pair] {
        advance()
        skipBlanks()
        if take("}") { return [] }
        var pairs: [Pair] = []
        while true {
            pairs.append(try pair(depth: depth + 1))
            skipBlanks()
            if take("}") { return pairs }
            guard take(",") else { throw error("in an inline table a , or } is missing") }
        }
    }

    private mutating func scalar() throws(TOMLError) -> TOMLValue {
        let word = word()
        if let value = TOMLNumber.value(of: word) { return value }
        switch word {
        case "": throw error("a value is missing")
        case "true": return .boolean(true)
        case "false": return .boolean(false)
        // The word is not shown: it may be a secret without its quotes.
        default: throw error("not a value; a text stands in quotes")
        }
    }
}
