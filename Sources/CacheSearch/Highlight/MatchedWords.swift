/// Which words of a text a query finds, whatever their field.
struct MatchedWords {
    private var terms: Set<[UInt8]> = []
    private var prefixes: [QueryNode.Prefix] = []
    private var fuzzy: [FuzzyTerms] = []

    init(_ query: SearchQuery) {
        query.root?.forEachLeaf { leaf in
            switch leaf {
            case .term(let key): terms.insert(Self.word(key))
            case .phrase(let phrase): terms.formUnion(phrase.terms.map(Self.word))
            case .prefix(let prefix):
                prefixes.append(
                    .init(
                        beginning: Self.word(prefix.beginning),
                        stem: prefix.stem.map(Self.word)))
            case .fuzzy(_, let word, let distance):
                fuzzy.append(FuzzyTerms(field: [], word: word, distance: distance))
            case .range, .all, .boolean, .boost: break
            }
        }
    }

    private static func word(_ key: [UInt8]) -> [UInt8] {
        Array(key.drop { $0 != 0 }.dropFirst())
    }

    /// A number for the term or prefix that matches; nil where none does.
    /// - Parameters:
    ///   - term: the word's stem.
    ///   - folded: the word itself in lower case.
    mutating func match(term: [UInt8], folded: [UInt8]) -> Int? {
        if terms.contains(term) { return term.hashValue }
        if let number = prefixes.firstIndex(where: {
            folded.starts(with: $0.beginning) || $0.matches(term)
        }) {
            return number
        }
        for number in fuzzy.indices where fuzzy[number].matches(term) { return -1 - number }
        return nil
    }
}
