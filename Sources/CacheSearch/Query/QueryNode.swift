/// A query as a tree. Words are terms already; an empty path means the text as a whole.
indirect enum QueryNode: Sendable, Equatable {
    /// A term as the dictionary has it.
    case term([UInt8])
    case phrase(Phrase)
    case prefix(Prefix)
    case fuzzy(path: [UInt8], word: [UInt8], distance: Int)
    case range(ValueRange)
    /// Every document.
    case all
    case boolean(Clauses)
    case boost(QueryNode, Float)

    /// What must, should and must not be in a document. Where nothing must, something should.
    struct Clauses: Sendable, Equatable {
        var must: [QueryNode] = []
        var should: [QueryNode] = []
        var mustNot: [QueryNode] = []
    }

    /// All terms that begin so. Terms are stems, so that those of the words meant may be shorter
    /// than what they begin with: the stem of the beginning itself counts too.
    struct Prefix: Sendable, Equatable {
        /// As the dictionary has it.
        var beginning: [UInt8]
        /// The term of the beginning as a word; nil where it begins so itself.
        var stem: [UInt8]?

        func matches(_ key: [UInt8]) -> Bool { key.starts(with: beginning) || key == stem }
    }

    /// Words one after the other or, with slop, near each other in any order.
    struct Phrase: Sendable, Equatable {
        var terms: [[UInt8]]
        /// The place of each term, from that of the first.
        var offsets: [UInt32]
        /// 0: just so. Otherwise at most so many other words among them.
        var slop: UInt32
    }

    /// What a field's values lie between.
    struct ValueRange: Sendable, Equatable {
        enum Bounds: Sendable, Equatable {
            case numbers(Double, Double)
            case times(Double, Double)
            /// Words; nil is open.
            case words(low: [UInt8]?, high: [UInt8]?, includesLow: Bool, includesHigh: Bool)
        }

        var path: [UInt8]
        var bounds: Bounds
    }

    /// Calls `body` with every term whose frequency scores depend on.
    func forEachTerm(_ body: ([UInt8]) -> Void) {
        switch self {
        case .term(let key): body(key)
        case .phrase(let phrase): phrase.terms.forEach(body)
        case .boolean(let clauses):
            for node in clauses.must + clauses.should { node.forEachTerm(body) }
        case .boost(let node, _): node.forEachTerm(body)
        case .prefix, .fuzzy, .range, .all: break
        }
    }

    /// Calls `body` with every part that documents are found by.
    func forEachLeaf(_ body: (QueryNode) -> Void) {
        switch self {
        case .boolean(let clauses):
            for node in clauses.must + clauses.should { node.forEachLeaf(body) }
        case .boost(let node, _): node.forEachLeaf(body)
        case .term, .phrase, .prefix, .fuzzy, .range, .all: body(self)
        }
    }
}
