/// The documents where words stand one after the other or, with slop, near each other.
///
/// Scored as one term whose weight is the sum of the words' and whose frequency is that of the
/// phrase; a sloppy occurrence counts 1 / (1 + other words among it).
///
/// Invariant: at `document`, the phrase occurs with `frequency`.
final class PhraseCursor: DocumentCursor {
    private let intersection: TermIntersection
    private let terms: [WeightedTerm]
    private let matcher: PhraseMatcher
    private let slop: UInt32
    private let weight: Float
    private let budget: QueryBudget
    private var frequency: Float = 0

    /// - Parameter terms: in the order of the phrase, each with its own cursor.
    init(
        _ terms: [WeightedTerm], _ index: SearchIndex, _ phrase: QueryNode.Phrase,
        _ budget: QueryBudget
    ) {
        self.terms = terms
        self.budget = budget
        let weight = terms.reduce(0) { $0 + $1.weight }
        intersection = TermIntersection(
            terms, phrase.slop == 0 ? .least(weight: weight) : .any(weight: weight), budget)
        matcher = PhraseMatcher(terms.map { PositionReader(index, $0.cursor) }, phrase, budget)
        slop = phrase.slop
        self.weight = weight
        super.init(cost: intersection.terms[0].cursor.info.documents)
        settle()
    }

    override func next() {
        step()
        settle()
    }

    override func advance(to target: UInt32) {
        guard document < target else { return }
        intersection.advance(to: target)
        settle()
    }

    override func score() -> Float { score(frequency) }

    private func score(_ frequency: Float) -> Float {
        terms[0].score(frequency, intersection.document) * weight / terms[0].weight
    }

    private func step() {
        if minimumScore > 0 {
            intersection.next(above: minimumScore)
        } else {
            intersection.next()
        }
    }

    /// Goes on to the next document where the phrase occurs; ends where the time is up before
    /// there is one.
    private func settle() {
        while intersection.document != PostingsCursor.ended, !budget.mustStop(after: terms.count) {
            if canScore() {
                frequency = slop == 0 ? matcher.exactFrequency() : matcher.sloppyFrequency()
                if budget.isTimeUp { break }
                if frequency > 0 {
                    document = intersection.document
                    return
                }
            }
            step()
        }
        document = PostingsCursor.ended
    }

    /// Judges the document by how often the words are in it; see `TermIntersection.Rule`.
    private func canScore() -> Bool {
        guard minimumScore > 0 else { return true }
        var (least, sum) = (UInt32.max, UInt32(0))
        for term in terms {
            least = min(least, term.cursor.frequency)
            sum += term.cursor.frequency
        }
        return score(Float(slop == 0 ? least : sum)) > minimumScore
    }
}
