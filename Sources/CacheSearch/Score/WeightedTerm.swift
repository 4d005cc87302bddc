/// A term in one index with its weight in the query: where it stands, and what that is worth.
final class WeightedTerm {
    let cursor: PostingsCursor
    private let lengths: LengthColumn
    /// idf × boost.
    let weight: Float
    private let base: Float
    private let slope: Float
    /// What a quantized impact of 1 is worth at most under the corpus's mean length.
    private let boundScale: Float

    init(_ index: SearchIndex, _ info: TermInfo, weight: Float, meanLength: Float) {
        cursor = PostingsCursor(index, info)
        lengths = index.lengths
        self.weight = weight
        base = Relevance.k1 * (1 - Relevance.b)
        slope = Relevance.k1 * Relevance.b / meanLength
        // Impacts were computed with the index's own mean: another one raises them by no more
        // than the quotient of both.
        boundScale = weight * max(1, meanLength / index.meanLength)
    }

    /// Frequency and length to score.
    @inline(__always)
    func score(_ frequency: Float, _ document: UInt32) -> Float {
        weight * frequency / (frequency + base + slope * lengths[Int(document)])
    }

    /// The score of the cursor's current document.
    @inline(__always)
    func score() -> Float { score(Float(cursor.frequency), cursor.document) }

    @inline(__always)
    func bound(_ impact: UInt16) -> Float { boundScale * Relevance.bound(impact) }

    /// No document from `low` to `high` has a higher score.
    func bound(from low: UInt32, to high: UInt32) -> Float {
        bound(cursor.maxImpact(from: low, to: high))
    }
}

/// The documents of one term.
final class TermCursor: DocumentCursor {
    let term: WeightedTerm

    init(_ term: WeightedTerm) {
        self.term = term
        super.init(cost: term.cursor.info.documents)
        document = term.cursor.document
    }

    override func next() {
        term.cursor.next()
        document = term.cursor.document
    }

    override func advance(to target: UInt32) {
        term.cursor.advance(to: target)
        document = term.cursor.document
    }

    override func score() -> Float { term.score() }
}
