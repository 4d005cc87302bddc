/// The documents that all of several parts find, and none of others; further parts add to the
/// score where they find them too.
///
/// Invariant: every part of `must` is at `document`; those of `should` and `mustNot` follow.
final class BooleanCursor: DocumentCursor {
    /// The fewest documents first; never empty.
    private let must: [DocumentCursor]
    private let should: [DocumentCursor]
    private let mustNot: [DocumentCursor]
    private let budget: QueryBudget

    init(
        must: [DocumentCursor], should: [DocumentCursor], mustNot: [DocumentCursor],
        _ budget: QueryBudget
    ) {
        self.budget = budget
        self.must = must.sorted { $0.cost < $1.cost }
        self.should = should
        self.mustNot = mustNot
        super.init(cost: self.must[0].cost)
        settle()
    }

    override func next() {
        must[0].next()
        settle()
    }

    override func advance(to target: UInt32) {
        guard document < target else { return }
        must[0].advance(to: target)
        settle()
    }

    override func score() -> Float {
        var sum: Float = 0
        for part in must { sum += part.score() }
        for part in should {
            part.advance(to: document)
            if part.document == document { sum += part.score() }
        }
        return sum
    }

    /// Goes on to the next document that fits; ends where the time is up before there is one.
    private func settle() {
        var steps = LoopSteps()
        while must[0].document != PostingsCursor.ended, !steps.mustStop(budget) {
            let wanted = must[0].document
            if let behind = firstBehind(wanted) {
                guard behind != PostingsCursor.ended else { break }
                must[0].advance(to: behind)
            } else if isExcluded(wanted) {
                must[0].next()
            } else {
                document = wanted
                return
            }
        }
        document = PostingsCursor.ended
    }

    /// Where a part goes on that does not find `wanted`; nil where all do.
    private func firstBehind(_ wanted: UInt32) -> UInt32? {
        for part in must.dropFirst() {
            part.advance(to: wanted)
            if part.document != wanted { return part.document }
        }
        return nil
    }

    private func isExcluded(_ wanted: UInt32) -> Bool {
        for part in mustNot {
            part.advance(to: wanted)
            if part.document == wanted { return true }
        }
        return false
    }
}

/// The documents that any of several parts finds, with the sum of their scores.
///
/// Invariant: `heap` is a heap by document, the first on top, of the parts that have not ended.
final class UnionCursor: DocumentCursor {
    private var heap: [DocumentCursor]

    init(_ parts: [DocumentCursor]) {
        heap = parts.filter { $0.document != PostingsCursor.ended }
        super.init(cost: parts.reduce(0) { $0 + $1.cost })
        for place in stride(from: heap.count / 2 - 1, through: 0, by: -1) { sink(place) }
        settle()
    }

    override func next() {
        while let top = heap.first, top.document == document {
            top.next()
            replaceTop()
        }
        settle()
    }

    override func advance(to target: UInt32) {
        while let top = heap.first, top.document < target {
            top.advance(to: target)
            replaceTop()
        }
        settle()
    }

    override func score() -> Float { heap.isEmpty ? 0 : score(at: 0) }

    /// Parts at the document are at the top of the heap, each below another one.
    private func score(at place: Int) -> Float {
        guard place < heap.count, heap[place].document == document else { return 0 }
        return heap[place].score() + score(at: 2 * place + 1) + score(at: 2 * place + 2)
    }

    private func settle() { document = heap.first?.document ?? PostingsCursor.ended }

    private func replaceTop() {
        if heap[0].document == PostingsCursor.ended {
            heap[0] = heap[heap.count - 1]
            heap.removeLast()
        }
        sink(0)
    }

    private func sink(_ start: Int) {
        var place = start
        while true {
            var least = place
            for child in [2 * place + 1, 2 * place + 2] where child < heap.count {
                if heap[child].document < heap[least].document { least = child }
            }
            guard least != place else { return }
            heap.swapAt(place, least)
            place = least
        }
    }
}
