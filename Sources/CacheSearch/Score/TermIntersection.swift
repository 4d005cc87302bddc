/// The documents that have all of several terms: the rarest leads, the others follow.
///
/// Invariant: after `settle`, every cursor is at `document`, or that is `PostingsCursor.ended`.
final class TermIntersection {
    /// By number of documents.
    let terms: [WeightedTerm]
    private let lead: PostingsCursor
    private let others: [PostingsCursor]
    private(set) var document: UInt32 = 0
    /// Documents up to here have been judged by their bound.
    private var boundedTo: UInt32?

    init(_ terms: [WeightedTerm]) {
        self.terms = terms.sorted { $0.cursor.info.documents < $1.cursor.info.documents }
        lead = self.terms[0].cursor
        others = self.terms.dropFirst().map { $0.cursor }
    }

    @inline(__always)
    func settle() {
        search: while true {
            let wanted = lead.document
            guard wanted != PostingsCursor.ended else { break }
            for other in others {
                other.advance(to: wanted)
                if other.document != wanted {
                    guard other.document != PostingsCursor.ended else { break search }
                    lead.advance(to: other.document)
                    continue search
                }
            }
            document = wanted
            return
        }
        document = PostingsCursor.ended
    }

    func next() {
        lead.next()
        settle()
    }

    /// As `next`, past blocks whose documents cannot score above `minimum`.
    /// - Parameter bound: of the documents between two, over all terms.
    func next(above minimum: Float, _ bound: (UInt32, UInt32) -> Float) {
        lead.next()
        while lead.document != PostingsCursor.ended {
            let low = lead.document
            if let boundedTo, low <= boundedTo {
                settle()
                return
            }
            let high = lead.blockEnd
            if bound(low, high) > minimum {
                boundedTo = high
                settle()
                return
            }
            lead.nextBlock()
        }
        document = PostingsCursor.ended
    }

    func advance(to target: UInt32) {
        guard document < target else { return }
        lead.advance(to: target)
        settle()
    }
}

/// The documents that have all of several terms, with the sum of their scores.
final class IntersectionCursor: DocumentCursor {
    private let intersection: TermIntersection

    init(_ terms: [WeightedTerm]) {
        intersection = TermIntersection(terms)
        super.init(cost: intersection.terms[0].cursor.info.documents)
        intersection.settle()
        document = intersection.document
    }

    override func next() {
        if minimumScore > 0 {
            intersection.next(above: minimumScore) { low, high in
                intersection.terms.reduce(0) { $0 + $1.bound(from: low, to: high) }
            }
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
