/// Walks over the documents that a part of a query finds, in order.
///
/// A class with subclasses, because a query is a tree of them; the common queries of words alone
/// have loops of their own (`TermSearch`, `UnionSearch`).
///
/// Invariants: `document` is the current one, `PostingsCursor.ended` behind the last. Documents
/// whose score is not above `minimumScore` may be left out.
class DocumentCursor {
    final var document: UInt32 = 0
    /// Set by whoever collects, on the root of a query alone.
    final var minimumScore: Float = -1
    /// About how many documents there are, to begin with the fewest.
    final let cost: Int

    init(cost: Int) { self.cost = cost }

    func next() { fatalError("a subclass says how") }

    /// Goes to the first document that is not before `target`.
    func advance(to target: UInt32) { fatalError("a subclass says how") }

    /// The score of the current document.
    func score() -> Float { fatalError("a subclass says how") }
}

/// A set's documents, all with the same score.
final class SetCursor: DocumentCursor {
    private let set: DocumentSet
    private let constant: Float

    init(_ set: DocumentSet, score: Float) {
        self.set = set
        constant = score
        super.init(cost: set.count)
        document = set.first(from: 0)
    }

    override func next() { document = set.first(from: document + 1) }

    override func advance(to target: UInt32) {
        if document < target { document = set.first(from: target) }
    }

    override func score() -> Float { constant }
}

/// Every document of the index, all with the same score.
final class AllCursor: DocumentCursor {
    private let index: SearchIndex
    private let constant: Float

    init(_ index: SearchIndex, score: Float) {
        self.index = index
        constant = score
        super.init(cost: index.entries)
        settle()
    }

    override func next() {
        document += 1
        settle()
    }

    override func advance(to target: UInt32) {
        guard document < target else { return }
        document = target
        settle()
    }

    override func score() -> Float { constant }

    private func settle() {
        while document < UInt32(index.entries), !index.isIndexed(Int(document)) { document += 1 }
        if document >= UInt32(index.entries) { document = PostingsCursor.ended }
    }
}
