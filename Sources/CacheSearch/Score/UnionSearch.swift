/// Finds the best documents that have any of several terms, window by window: the terms that could
/// lift a document above the threshold by themselves are added up in a row of scores, and the
/// others are asked only for what is still in the running (MaxScore, with bounds of the window).
///
/// Invariants: `scores` and `seen` are zero between windows; every cursor is at or behind the
/// beginning of the next window.
final class UnionSearch {
    private static let windowLength: UInt32 = 4096

    /// A term, and the most that it adds in the current window.
    private struct Clause {
        var term: WeightedTerm
        var bound: Float = 0
    }

    private var clauses: [Clause]
    private let live: LiveDocuments?
    private let collector: Collector
    private let scores = UnsafeMutablePointer<Float>.allocate(capacity: Int(windowLength))
    private let seen = UnsafeMutablePointer<UInt64>.allocate(capacity: Int(windowLength) / 64)

    init(_ terms: [WeightedTerm], _ live: LiveDocuments?, _ collector: Collector) {
        clauses = terms.map { Clause(term: $0) }
        self.live = live
        self.collector = collector
        scores.initialize(repeating: 0, count: Int(Self.windowLength))
        seen.initialize(repeating: 0, count: Int(Self.windowLength) / 64)
    }

    deinit {
        scores.deallocate()
        seen.deallocate()
    }

    func run() {
        while let start = firstDocument() {
            let base = start & ~63
            let (end, overflow) = base.addingReportingOverflow(Self.windowLength)
            guard !overflow else { return }
            let optional = optionalClauses(base, end)
            if optional == clauses.count {
                collector.noteSkipped()
                for clause in clauses { clause.term.cursor.advance(to: end) }
                if collector.mustStop(after: 64) { return }
                continue
            }
            if optional > 0 { collector.noteSkipped() }
            var added = 0
            for clause in clauses[optional...] { added += accumulate(clause.term, base, end) }
            collect(base, optional)
            for clause in clauses[..<optional] { clause.term.cursor.advance(to: end) }
            if collector.mustStop(after: added) { return }
        }
    }

    private func firstDocument() -> UInt32? {
        var first = PostingsCursor.ended
        for clause in clauses { first = min(first, clause.term.cursor.document) }
        return first == PostingsCursor.ended ? nil : first
    }

    /// Orders the clauses by their bound in the window, and returns how many of them together
    /// cannot lift a document above the threshold.
    private func optionalClauses(_ base: UInt32, _ end: UInt32) -> Int {
        let minimum = collector.minimum
        guard minimum > 0 else { return 0 }
        for number in clauses.indices {
            let term = clauses[number].term
            let isInWindow = term.cursor.document < end
            clauses[number].bound = isInWindow ? term.bound(from: base, to: end - 1) : 0
        }
        clauses.sort { $0.bound < $1.bound }
        var sum: Float = 0
        for (number, clause) in clauses.enumerated() {
            sum += clause.bound
            if sum > minimum { return number }
        }
        return clauses.count
    }

    /// Adds the scores of a term in the window; returns how many.
    private func accumulate(_ term: WeightedTerm, _ base: UInt32, _ end: UInt32) -> Int {
        let cursor = term.cursor
        var added = 0
        while cursor.document < end {
            cursor.needFrequencies()
            let (documents, frequencies, count) = (
                cursor.documents, cursor.frequencies, cursor.count
            )
            var place = cursor.index
            let start = place
            while place < count {
                let document = documents[place]
                guard document < end else { break }
                let slot = Int(document &- base)
                scores[slot] += term.score(Float(frequencies[place]), document)
                seen[slot >> 6] |= 1 << UInt64(slot & 63)
                place &+= 1
            }
            added &+= place &- start
            cursor.move(to: place)
        }
        return added
    }

    /// Takes the window's documents over and clears it.
    private func collect(_ base: UInt32, _ optional: Int) {
        let optionalBound = clauses[..<optional].reduce(0) { $0 + $1.bound }
        let firstWord = Int(base >> 6)
        for number in 0..<(Int(Self.windowLength) / 64) {
            var word = seen[number]
            guard word != 0 else { continue }
            seen[number] = 0
            var alive = word
            if let live { alive &= live.word(firstWord &+ number) }
            if optional == 0 { collector.count(alive.nonzeroBitCount) }
            while word != 0 {
                let bit = word.trailingZeroBitCount
                word &= word &- 1
                let slot = number &* 64 &+ bit
                let score = scores[slot]
                scores[slot] = 0
                guard score + optionalBound > collector.top.threshold,
                    alive >> UInt64(bit) & 1 != 0
                else { continue }
                let document = base &+ UInt32(truncatingIfNeeded: slot)
                offer(document, score, optional, optionalBound)
            }
        }
    }

    private func offer(
        _ document: UInt32, _ score: Float, _ optional: Int, _ optionalBound: Float
    ) {
        if optional > 0 { collector.count(1) }
        var (sum, left) = (score, optionalBound)
        for clause in clauses[..<optional].reversed() {
            guard sum + left > collector.top.threshold else { return }
            let cursor = clause.term.cursor
            cursor.advance(to: document)
            if cursor.document == document { sum += clause.term.score() }
            left -= clause.bound
        }
        collector.top.insert(sum, collector.part, document)
    }
}
