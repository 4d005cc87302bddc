/// Finds the terms within a distance of a word: letters more, less, other, or two neighbours
/// swapped. Walks over the dictionary and jumps past every beginning that cannot lead to one.
///
/// Invariants: `rows[d]` are the distances of the first d characters of `path` (the term looked at)
/// from each beginning of the word; they are kept as far as the next term begins alike.
struct FuzzyTerms {
    /// A term that was found; `key` as the dictionary has it.
    struct Found {
        var key: [UInt8]
        var distance: Int
        var info: TermInfo
    }

    private let word: [Unicode.Scalar]
    private let distance: Int
    private let field: [UInt8]
    private var rows: [[Int]]
    private var characters: [Unicode.Scalar] = []

    init(field: [UInt8], word: [UInt8], distance: Int) {
        self.field = TermKey.make(path: field, term: [])
        self.word = Array(String(decoding: word, as: UTF8.self).unicodeScalars)
        self.distance = distance
        rows = [Array(0...self.word.count)]
    }

    /// - Parameter number: of the index among those asked.
    /// - Throws: `tooLarge` where the query stands for too many terms.
    /// - Complexity: O(beginnings within the distance × log terms).
    mutating func find(
        in index: SearchIndex, number: Int, _ budget: QueryBudget
    ) throws(QueryError) -> [Found] {
        var found: [Found] = []
        var cursor = DictionaryCursor(index.dictionary)
        _ = field.withUnsafeBytes { cursor.seek($0) }
        while !cursor.isAtEnd, cursor.key.starts(with: field),
            !budget.mustStop(after: QueryBudget.stepCost)
        {
            switch judge(cursor.key) {
            case .within(let distance):
                try budget.expand(in: number)
                found.append(Found(key: cursor.key, distance: distance, info: cursor.info))
                guard cursor.next() else { return found }
            case .beyond:
                guard cursor.next() else { return found }
            case .hopeless(let beginning):
                _ = beginning.withUnsafeBytes { cursor.seek($0) }
            }
        }
        return found
    }

    /// Whether a term is within the distance.
    mutating func matches(_ term: [UInt8]) -> Bool {
        if case .within = judge(field + term) { return true }
        return false
    }

    private enum Judgement {
        case within(Int)
        case beyond
        /// No term can match that comes before this.
        case hopeless([UInt8])
    }

    private mutating func judge(_ key: [UInt8]) -> Judgement {
        let term = Array(String(decoding: key[field.count...], as: UTF8.self).unicodeScalars)
        let shared = zip(characters, term).prefix { $0 == $1 }.count
        characters = Array(term[..<min(shared, rows.count - 1)])
        rows.removeLast(rows.count - 1 - characters.count)
        while characters.count < term.count {
            characters.append(term[characters.count])
            rows.append(nextRow())
            if rows[rows.count - 1].min() ?? 0 > distance {
                return .hopeless(successor(of: characters))
            }
        }
        let total = rows[rows.count - 1][word.count]
        return total <= distance ? .within(total) : .beyond
    }

    private func nextRow() -> [Int] {
        let depth = characters.count
        let above = rows[depth - 1]
        var row = [depth]
        for place in 1..<(word.count + 1) {
            let isSame = characters[depth - 1] == word[place - 1]
            var cost = min(
                above[place - 1] + (isSame ? 0 : 1), above[place] + 1, row[place - 1] + 1)
            if depth > 1, place > 1, characters[depth - 1] == word[place - 2],
                characters[depth - 2] == word[place - 1]
            {
                cost = min(cost, rows[depth - 2][place - 2] + 1)
            }
            row.append(cost)
        }
        return row
    }

    /// The first key behind all that begin with these characters.
    private func successor(of beginning: [Unicode.Scalar]) -> [UInt8] {
        var key = field
        for scalar in beginning { key.append(contentsOf: Array(String(scalar).utf8)) }
        // No byte of UTF-8 is the largest one.
        key[key.count - 1] += 1
        return key
    }
}
