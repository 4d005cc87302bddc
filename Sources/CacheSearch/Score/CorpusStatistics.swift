internal import Glibc

/// What scores depend on beyond one document: sizes of the whole corpus and, for each word of a
/// query, how many documents have it.
///
/// Those of several indexes, or of several nodes, add up; scores with the sum are those of one
/// index over everything.
package struct CorpusStatistics: Sendable, Equatable {
    package var documents: UInt64 = 0
    package var words: UInt64 = 0
    /// By term as the dictionary has it: path, NUL, word.
    package var frequencies: [[UInt8]: UInt64] = [:]

    package init() {}

    package mutating func add(_ other: CorpusStatistics) {
        documents += other.documents
        words += other.words
        frequencies.merge(other.frequencies, uniquingKeysWith: +)
    }

    var meanLength: Float {
        Self.meanLength(words: words, documents: Int(clamping: documents))
    }

    /// Never 0, so that it can be divided by.
    static func meanLength(words: UInt64, documents: Int) -> Float {
        guard documents > 0, words > 0 else { return 1 }
        return Float(Double(words) / Double(documents))
    }

    /// The weight of a term that `frequency` documents have.
    func inverseFrequency(_ frequency: UInt64) -> Float {
        let having = Double(min(frequency, documents))
        return Float(log(1 + (Double(documents) - having + 0.5) / (having + 0.5)))
    }
}
