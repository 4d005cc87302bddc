/// Reads the query language, by recursive descent:
///
///     sequence  ((+ | -)? either)*
///     either    both (OR both)*
///     both      single (AND single)*
///     single    (NOT | ! | - | +) single | primary (^ number)?
///
/// Primaries are in `QueryParser+Primary.swift`.
///
/// Invariants: `index` is the next byte; `depth` counts the open brackets, `terms` the words,
/// phrases and ranges so far, both within their limits.
struct QueryParser {
    let bytes: [UInt8]
    let analyzer: Analyzer
    var index = 0
    var depth = 0
    var terms = 0
    /// The field that words are looked for in.
    var path: [UInt8] = []

    init(_ bytes: [UInt8], _ analyzer: Analyzer) {
        self.bytes = bytes
        self.analyzer = analyzer
    }

    mutating func parse() throws(QueryError) -> QueryNode? {
        skipSpace()
        guard index < bytes.count else { throw QueryError(.syntax, "the query is empty") }
        let node = try sequence()
        guard index == bytes.count else {
            throw QueryError(.syntax, "nothing is open that this closes", at: index)
        }
        return node
    }

    /// An operand: nil where no word is left of it.
    struct Operand {
        var node: QueryNode?
        var isNegative = false
    }

    mutating func sequence() throws(QueryError) -> QueryNode? {
        var clauses = QueryNode.Clauses()
        skipSpace()
        while index < bytes.count, bytes[index] != UInt8(ascii: ")") {
            let isRequired = bytes[index] == UInt8(ascii: "+")
            let operand = try either()
            if let node = operand.node {
                if operand.isNegative {
                    clauses.mustNot.append(node)
                } else if isRequired {
                    clauses.must.append(node)
                } else {
                    clauses.should.append(node)
                }
            }
            skipSpace()
        }
        return Self.simplified(clauses)
    }

    private mutating func either() throws(QueryError) -> Operand {
        var operands = [try both()]
        while takeWord("OR") || takeSign("||") { operands.append(try both()) }
        guard operands.count > 1 else { return operands[0] }
        var clauses = QueryNode.Clauses()
        for operand in operands {
            guard let node = operand.node else { continue }
            clauses.should.append(operand.isNegative ? Self.without(node) : node)
        }
        return Operand(node: Self.simplified(clauses))
    }

    private mutating func both() throws(QueryError) -> Operand {
        var operands = [try single()]
        while takeWord("AND") || takeSign("&&") { operands.append(try single()) }
        guard operands.count > 1 else { return operands[0] }
        var clauses = QueryNode.Clauses()
        for operand in operands {
            guard let node = operand.node else { continue }
            if operand.isNegative {
                clauses.mustNot.append(node)
            } else {
                clauses.must.append(node)
            }
        }
        return Operand(node: Self.simplified(clauses))
    }

    private mutating func single() throws(QueryError) -> Operand {
        var isNegative = false
        while true {
            skipSpace()
            if takeWord("NOT") || take("!") || take("-") {
                isNegative.toggle()
            } else if !take("+") {
                break
            }
        }
        guard index < bytes.count else {
            throw QueryError(.syntax, "a word is missing at the end", at: index)
        }
        let node = try primary()
        let factor = try boost()
        guard let node, let factor else { return Operand(node: node, isNegative: isNegative) }
        return Operand(node: .boost(node, factor), isNegative: isNegative)
    }

    private mutating func boost() throws(QueryError) -> Float? {
        guard take("^") else { return nil }
        let start = index
        guard let factor = Float(String(decoding: number(), as: UTF8.self)), factor > 0,
            factor <= Relevance.boostMax
        else { throw QueryError(.syntax, "a number above 0 follows ^", at: start) }
        return factor
    }

    /// Digits and a full stop.
    mutating func number() -> ArraySlice<UInt8> {
        let start = index
        while index < bytes.count,
            (48...57).contains(bytes[index]) || bytes[index] == UInt8(ascii: ".")
        { index += 1 }
        return bytes[start..<index]
    }

    // MARK: Trees

    private static func without(_ node: QueryNode) -> QueryNode {
        .boolean(QueryNode.Clauses(must: [.all], mustNot: [node]))
    }

    private static func simplified(_ clauses: QueryNode.Clauses) -> QueryNode? {
        var clauses = clauses
        if clauses.mustNot.isEmpty {
            if clauses.must.isEmpty, clauses.should.count <= 1 { return clauses.should.first }
            if clauses.should.isEmpty, clauses.must.count == 1 { return clauses.must[0] }
        } else if clauses.must.isEmpty && clauses.should.isEmpty {
            clauses.must = [.all]
        }
        return .boolean(clauses)
    }

    // MARK: Characters

    mutating func skipSpace() {
        while index < bytes.count, Self.isSpace(bytes[index]) { index += 1 }
    }

    static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (9...13).contains(byte) }

    mutating func take(_ text: StaticString) -> Bool {
        guard begins(with: text) else { return false }
        index += text.utf8CodeUnitCount
        return true
    }

    private func begins(with text: StaticString) -> Bool {
        index + text.utf8CodeUnitCount <= bytes.count
            && (0..<text.utf8CodeUnitCount).allSatisfy {
                bytes[index + $0] == text.utf8Start[$0]
            }
    }

    /// Takes an operator, with the space before it.
    private mutating func takeSign(_ sign: StaticString) -> Bool {
        let start = index
        skipSpace()
        if take(sign) { return true }
        index = start
        return false
    }

    /// Takes an operator in letters, with the space around it.
    private mutating func takeWord(_ word: StaticString) -> Bool {
        let start = index
        skipSpace()
        let end = index + word.utf8CodeUnitCount
        let isWhole =
            end >= bytes.count || Self.isSpace(bytes[end]) || bytes[end] == UInt8(ascii: "(")
            || bytes[end] == UInt8(ascii: "\"")
        guard isWhole, take(word) else {
            index = start
            return false
        }
        skipSpace()
        return true
    }
}
