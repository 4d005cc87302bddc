/// The documents that have all of several terms: the rarest leads, the others follow.
///
/// Invariant: after each call, every cursor is at `document`, or that is `PostingsCursor.ended`.
final class TermIntersection {
    /// What a document's score is at most, given the impacts of the terms in it.
    enum Rule {
        /// The sum of the terms' scores.
        case sum
        /// A weight times the least impact, as of a phrase: it is no more frequent than its rarest
        /// word.
        case least(weight: Float)
        /// A weight times the sum of the impacts, at most one, as of words near each other: each
        /// occurrence of any of them may begin one more.
        case any(weight: Float)
    }

    /// By number of documents.
    let terms: [WeightedTerm]
    private let leadTerm: WeightedTerm
    private let lead: PostingsCursor
    private let others: [PostingsCursor]
    private let rule: Rule
    private let budget: QueryBudget
    private(set) var document: UInt32 = 0
    /// The last document that `othersBound` holds for, plus one.
    private var boundedEnd: UInt32 = 0
    /// What the terms but the first add to a score at most.
    private var othersBound: Float = 0

    /// At the first document.
    init(_ terms: [WeightedTerm], _ rule: Rule, _ budget: QueryBudget) {
        self.budget = budget
        self.terms = terms.sorted { $0.cursor.info.documents < $1.cursor.info.documents }
        self.rule = rule
        leadTerm = self.terms[0]
        lead = leadTerm.cursor
        others = self.terms.dropFirst().map { $0.cursor }
        settle()
    }

    /// Goes on to the next common document; ends where the time is up before there is one.
    private func settle() {
        var steps = LoopSteps()
        while lead.document != PostingsCursor.ended, !steps.mustStop(budget) {
            if align() { return }
        }
        document = PostingsCursor.ended
    }

    /// Brings the others to the lead's document; where one does not have it, the lead goes on to
    /// where that one is, and false is returned.
    @inline(__always)
    private func align() -> Bool {
        let wanted = lead.document
        for other in others {
            other.advance(to: wanted)
            if other.document != wanted {
                lead.advance(to: other.document)
                return false
            }
        }
        document = wanted
        return true
    }

    func next() {
        lead.next()
        settle()
    }

    func advance(to target: UInt32) {
        guard document < target else { return }
        lead.advance(to: target)
        settle()
    }

    // MARK: Leaving out what cannot matter

    /// As `next`, past documents that cannot score above `minimum`.
    func next(above minimum: Float) {
        lead.next()
        var steps = LoopSteps()
        while lead.document != PostingsCursor.ended, !steps.mustStop(budget) {
            if lead.document >= boundedEnd, boundBlock() <= minimum {
                lead.nextBlock()
            } else if !canScore(above: minimum) {
                lead.next()
            } else if align() {
                return
            }
        }
        document = PostingsCursor.ended
    }

    /// Finds out about the rest of the lead's block, and returns the most that a document scores.
    private func boundBlock() -> Float {
        let (low, high) = (lead.document, lead.blockEnd)
        boundedEnd = high + 1
        let own = leadTerm.bound(from: low, to: high)
        othersBound = 0
        var (least, sum) = (own / leadTerm.weight, own / leadTerm.weight)
        for term in terms.dropFirst() {
            let bound = term.bound(from: low, to: high)
            othersBound += bound
            least = min(least, bound / term.weight)
            sum += bound / term.weight
        }
        switch rule {
        case .sum: return own + othersBound
        case .least(let weight): return least * weight
        case .any(let weight): return min(sum, 1) * weight
        }
    }

    /// Judges the lead's document by its own score, before the others are asked.
    @inline(__always)
    private func canScore(above minimum: Float) -> Bool {
        switch rule {
        case .sum: return leadTerm.score() + othersBound > minimum
        case .least(let weight):
            return leadTerm.score() * weight > minimum * leadTerm.weight
        case .any: return true
        }
    }
}

/// The documents that have all of several terms, with the sum of their scores.
final class IntersectionCursor: DocumentCursor {
    private let intersection: TermIntersection

    init(_ terms: [WeightedTerm], _ budget: QueryBudget) {
        intersection = TermIntersection(terms, .sum, budget)
        super.init(cost: intersection.terms[0].cursor.info.documents)
        document = intersection.document
    }

    override func next() {
        if minimumScore > 0 {
            intersection.next(above: minimumScore)
        } else {
            intersection.next()
        }
        document = intersection.document
    }

    override func advance(to target: UInt32) {
        intersection.advance(to: target)
        document = intersection.document
    }

    override func score() -> Float {
        var sum: Float = 0
        for term in intersection.terms { sum += term.score() }
        return sum
    }
}
